import { StringStream } from '@codemirror/language'
import { expect, test } from 'vitest'
import { ada } from '../src/pages/programs/editor/ada.ts'

/** What each piece of a text is taken for, blanks and signs left out; it ends, whatever the text is. */
function tokensOf(text: string) {
  const state = ada.startState?.(3) as NonNullable<ReturnType<NonNullable<typeof ada.startState>>>
  return text.split('\n').flatMap((line) => {
    const stream = new StringStream(line, 3, 3)
    const tokens: [string, string][] = []
    while (!stream.eol()) {
      stream.start = stream.pos
      const style = ada.token(stream, state)
      expect(stream.pos).toBeGreaterThan(stream.start)
      if (style !== null) tokens.push([style, stream.current()])
    }
    return tokens
  })
}

test('a tick begins a character, an attribute, or a qualified expression by what stands before it', () => {
  expect(tokensOf("C := 'a'; X'First; A.all'Size; F ('''); Character'('x'); P (1)'Img")).toEqual([
    ['variable', 'C'],
    ['character', "'a'"],
    ['variable', 'X'],
    ['meta', "'First"],
    ['variable', 'A'],
    ['keyword', 'all'],
    ['meta', "'Size"],
    ['variable', 'F'],
    ['character', "'''"],
    ['variable', 'Character'],
    ['character', "'x'"],
    ['variable', 'P'],
    ['number', '1'],
    ['meta', "'Img"],
  ])
})

test('numbers have bases, strings quotes in them, comments the rest of the line, names a place', () => {
  expect(tokensOf('procedure Été is -- null\n16#FF_0#e1 1_000.5E-3 "a""b--" NULL "open')).toEqual([
    ['keyword', 'procedure'],
    ['def', 'Été'],
    ['keyword', 'is'],
    ['comment', '-- null'],
    ['number', '16#FF_0#e1'],
    ['number', '1_000.5E-3'],
    ['string', '"a""b--"'],
    ['null', 'NULL'],
    ['invalid', '"open'],
  ])
})

test('whatever is typed, each piece is past the one before', () => {
  tokensOf(`'\n''\n'''\n"\n""\n#\n_x\n1__#\nx'\n)'\n😀'😀'\n--`)
})
