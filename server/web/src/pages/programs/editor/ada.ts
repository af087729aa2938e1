import type { StreamParser, StringStream } from '@codemirror/language'

/** Reserved words of Ada 2022 (its reference manual, 2.9). */
const RESERVED = new Set(
  `abort abs abstract accept access aliased all and array at begin body case constant declare delay delta digits do else
  elsif end entry exception exit for function generic goto if in interface is limited loop mod new not null of or others
  out overriding package parallel pragma private procedure protected raise range record rem renames requeue return reverse
  select separate some subtype synchronized tagged task terminate then type until use when while with xor`.split(/\s+/),
)
/** Subprograms and packages, whose next word is the name of one. */
const NAMING = new Set(['procedure', 'function', 'package', 'task', 'entry', 'protected', 'type', 'subtype'])
const OPENING = /^\s*(.*\b(is|then|loop|record|begin|declare|private|exception|do|select|=>)|else|generic)\s*$/
const CLOSING = /^\s*(end|else|elsif|begin|exception|when|private)\b/

interface State {
  /** What stood before, blanks left out: it says whether a tick begins a character or an attribute. */
  last: 'name' | 'naming' | 'other'
  /** Columns that the next line begins at. */
  indent: number
}

/** Colours Ada: words, literals and comments (2.3 to 2.9). CodeMirror comes without a mode for it. */
export const ada: StreamParser<State> = {
  name: 'ada',
  languageData: {
    commentTokens: { line: '--' },
    closeBrackets: { brackets: ['(', '[', '"'] },
    indentOnInput: /^\s*(end|else|elsif|begin|exception|when|private)$/i,
  },
  startState: () => ({ last: 'other', indent: 0 }),
  token(stream, state) {
    if (stream.sol()) {
      const text = stream.string.replace(/--.*/, '').toLowerCase()
      if (text.trim() !== '') state.indent = stream.indentation() + (OPENING.test(text) ? stream.indentUnit : 0)
    }
    if (stream.eatSpace()) return null
    const { last } = state
    state.last = 'other'
    return tokenOf(stream, state, last)
  },
  indent: ({ indent }, text, { unit }) => Math.max(0, indent - (CLOSING.test(text.toLowerCase()) ? unit : 0)),
}

function tokenOf(stream: StringStream, state: State, last: State['last']): string | null {
  if (stream.match('--')) {
    stream.skipToEnd()
    return 'comment'
  }
  // A quote within a string is written twice.
  if (stream.match(/^"(?:[^"]|"")*"/)) return 'string'
  if (stream.eat('"')) {
    stream.skipToEnd()
    return 'invalid'
  }
  // After a name it is an attribute or a qualified expression: Integer'('1').
  if (last !== 'name' && stream.match(/^'.'/u)) return 'character'
  if (last === 'name' && stream.match(/^'\s*[a-z]\w*/i)) {
    state.last = 'name'
    return 'meta'
  }
  if (stream.match(/^\d[\d_]*(#[\da-f_.]+#|\.\d[\d_]*)?(e[+-]?\d[\d_]*)?/i)) return 'number'
  const [word] = (stream.match(/^[\p{L}][\p{L}\p{N}_]*/u) as RegExpMatchArray | null) ?? []
  if (word === undefined) {
    if (stream.next() === ')') state.last = 'name'
    return null
  }
  const lower = word.toLowerCase()
  if (lower === 'all') state.last = 'name'
  if (RESERVED.has(lower)) {
    if (NAMING.has(lower)) state.last = 'naming'
    if (lower === 'body') state.last = last
    return lower === 'null' ? 'null' : 'keyword'
  }
  state.last = 'name'
  return last === 'naming' ? 'def' : 'variable'
}
