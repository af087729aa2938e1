import { expect, test } from 'vitest'
import { typed, wordsOf } from '../src/programs/perform/arguments.ts'
import { type Case, caseResult, casesOf, whyFailed } from '../src/programs/perform/lab.ts'

test('arguments are parted as a shell parts them, and nothing in them is expanded', () => {
  const words = (line: string) => wordsOf(line, 'cli.txt')
  expect(words('  one two\tthree\n four ')).toEqual(['one', 'two', 'three', 'four'])
  expect(words(`'a b' "c d"e f\\ g ''`)).toEqual(['a b', 'c de', 'f g', ''])
  expect(words(`"\\"\\$HOME\\n" '\\' \\\\`)).toEqual(['"$HOME\\n', '\\', '\\'])
  expect(words('$HOME `id` *.ts ~ $(id) #no')).toEqual(['$HOME', '`id`', '*.ts', '~', '$(id)', '#no'])
  expect(words('')).toEqual([])
  expect(words('end\\')).toEqual(['end\\'])
  expect(() => words('"open')).toThrow('cli.txt has a quote " without an end.')
})

test('arguments that no program can be given are refused in words', () => {
  expect(() => wordsOf('a\0b', 'cli.txt')).toThrow('cli.txt holds a NUL character, which no argument can: remove it.')
  const long = 'cli.txt has arguments of 120003 bytes together, each in quotes: a program may be given 100000.'
  expect(() => wordsOf('\u20ac'.repeat(40_000), 'cli.txt')).toThrow(long)
  expect(() => wordsOf(`"${"'".repeat(30_000)}"`, 'cli.txt')).toThrow(long)
  expect(wordsOf('a '.repeat(25_000), 'cli.txt')).toHaveLength(25_000)
})

test('words are shown as somebody would type them', () => {
  const words = ['a', '-x=1', 'b c', "it's", '', '$HOME']
  expect(typed(words)).toBe(`a -x=1 'b c' 'it'\\''s' '' '$HOME'`)
  expect(wordsOf(typed(words), 'x')).toEqual(words)
})

test('cases of a lab are read by their numbers, in their order, with and without a blank', () => {
  const text = 'in 10: x\nout 10:ten\r\nin 2:"a b" c\nout 2: first\nout 2:second\nremarks\nin2:d\nout 0:\n'
  expect(casesOf(text)).toEqual([
    { number: '0', in: [], out: [''] },
    { number: '2', in: ['a b', 'c', 'd'], out: ['first', 'second'] },
    { number: '10', in: ['x'], out: ['ten'] },
  ])
})

test('cases that nobody could pass or fail are refused with what is wrong', () => {
  expect(() => casesOf('nothing here')).toThrow('lab_io.txt has no cases')
  expect(() => casesOf('in 3:x')).toThrow('Case 3 of lab_io.txt has no line `out 3:`.')
  expect(() => casesOf("in 3:'x\nout 3:y")).toThrow("in 3 of lab_io.txt has a quote ' without an end.")
  const many = Array.from({ length: 51 }, (_, index) => `out ${index}:x`).join('\n')
  expect(() => casesOf(many)).toThrow('lab_io.txt has 51 cases: 50 are the limit.')
})

test('a case is passed by the right output and the right exit code only', () => {
  const one: Case = { number: '0', in: ['a'], out: ['x', 'y'] }
  expect(caseResult(one, ['x', 'y'], 0)).toEqual({ in: ['a'], out: 'x\ny', actual: 'x\ny', status: 'Success' })
  expect(caseResult(one, ['x', 'y'], 1).status).toBe('Failed')
  expect(caseResult(one, ['x', 'z'], 0)).toMatchObject({ actual: 'x\nz', status: 'Failed' })
  expect(caseResult(one, [], 0)).toMatchObject({ actual: '', status: 'Failed' })
  expect(caseResult({ ...one, out: ['a  b'] }, ['a b'], 0).status).toBe('Failed')
})

test('an older lab writes several lines of output as one', () => {
  const one: Case = { number: '0', in: [], out: ['x y'] }
  expect(caseResult(one, ['x', 'y  '], 0).status).toBe('Success')
})

test('much output is compared whole, and of it only the beginning is told with how a case came out', () => {
  const one: Case = { number: '0', in: [], out: ['x'.repeat(40_000)] }
  const right = caseResult(one, one.out, 0)
  expect(right.status).toBe('Success')
  expect(right.actual).toBe(`${'x'.repeat(10_000)}... (40000 characters in all)`)
  const wrong = caseResult(one, [`${'x'.repeat(39_999)}y`], 0, 50)
  expect(wrong.status).toBe('Failed')
  expect(wrong.actual).toMatch(/^x{2000}\.\.\. \(40000 characters in all\)$/)
  expect(whyFailed(wrong, 0).length).toBeLessThan(1_200)
  expect(whyFailed(caseResult({ ...one, out: ['a'] }, ['b'], 0), 0)).toBe(
    'Wrong: it printed "b", and "a" was expected.',
  )
})
