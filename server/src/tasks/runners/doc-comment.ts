const COMMENT = String.raw`\/\*\*(?!\/)((?:(?!\*\/)[\s\S])*)\*\/`

/**
 * The doc comment of a TypeScript task: that of its default export, of the function that is exported as the default further
 * below, or else the one at the top of the file. Without stars and tags; empty where there is none.
 */
export function docComment(source: string): string {
  const named = /^export default (?:async )?([A-Za-z_$][\w$]*);?\s*$/m.exec(source)?.[1]
  const declared = named && named !== 'function' ? declarationOf(named) : null
  const found =
    before('export default\\b', source) ??
    (declared && before(declared, source)) ??
    // Directives, comments of a line and imports may come before it.
    new RegExp(String.raw`^(?:#!.*\n)?(?:\s|\/\/.*\n|import\b[^;'"]*['"][^'"\n]*['"];?)*${COMMENT}`).exec(source)?.[1]
  return found === undefined || found === null ? '' : withoutStars(found)
}

function declarationOf(name: string) {
  const exact = name.replaceAll('$', '\\$')
  return String.raw`(?:export )?(?:async )?(?:function\*?\s+|const\s+|let\s+|var\s+)${exact}\b`
}

function before(code: string, source: string) {
  return new RegExp(String.raw`${COMMENT}\s*^${code}`, 'm').exec(source)?.[1]
}

function withoutStars(comment: string) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  const tag = lines.findIndex((line) => /^\s*@\w/.test(line))
  return lines
    .slice(0, tag === -1 ? undefined : tag)
    .map((line, i) => (i === 0 ? line.trimStart() : line))
    .join('\n')
    .trim()
}
