import { StreamLanguage } from '@codemirror/language'
import type { Extension } from '@codemirror/state'

/** By the ending of a file, what colours and indents it; each is loaded when a first such file is shown. */
const BY_ENDING: Record<string, () => Promise<Extension>> = {
  ...same(['.ts', '.mts', '.cts'], async () =>
    (await import('@codemirror/lang-javascript')).javascript({ typescript: true }),
  ),
  ...same(['.js', '.mjs', '.cjs', '.json'], async () => (await import('@codemirror/lang-javascript')).javascript()),
  '.py': async () => (await import('@codemirror/lang-python')).python(),
  ...same(['.c', '.h', '.cc', '.cpp', '.cxx', '.hh', '.hpp'], async () => (await import('@codemirror/lang-cpp')).cpp()),
  ...same(['.ads', '.adb', '.ada', '.gpr', '.adc'], async () => streamed((await import('./ada.ts')).ada)),
  ...same(['.sh', '.bash'], async () => streamed((await import('@codemirror/legacy-modes/mode/shell')).shell)),
}

/** @returns nothing for a file of another kind: it is plain text */
export async function highlightingOf(basename: string): Promise<Extension> {
  const ending = /\.[^.]+$/.exec(basename)?.[0].toLowerCase() ?? ''
  return (await BY_ENDING[ending]?.()) ?? []
}

function same(endings: string[], load: () => Promise<Extension>) {
  return Object.fromEntries(endings.map((ending) => [ending, load]))
}

const streamed = (parser: unknown) => StreamLanguage.define(parser as Parameters<typeof StreamLanguage.define>[0])
