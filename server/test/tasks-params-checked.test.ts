import { Check } from 'typebox/schema'
import { expect, test } from 'vitest'
import { stepsOfCall, TooMuch, wrongWith } from '../src/tasks/params/check.ts'
import { Pattern } from '../src/tasks/params/pattern.ts'
import { faultOfSchema } from '../src/tasks/params/schema-faults.ts'

/** The checker of what tasks are told: right where others are, and done soon where they are not. */

const VALUES: unknown[] = [
  ...[null, true, false, 0, -1, 1, 2, 3, 0.3, 1.5, 1e300, '', 'a', 'ab', 'abc', '12', 'ä🚪', 'a\nb', '"', '\u0000'],
  ...[[], [1], [1, 1], [1, 2, 3], ['a', 1], [[1], [1]], [{ a: 1 }, { a: 1 }], [null]],
  ...[{}, { a: 1 }, { a: 'x' }, { a: 1, b: 2 }, { b: 2, a: 1 }, { c: null }, { a: { a: { a: 1 } } }, { ab: 1, x1: 2 }],
  ...[{ a: [{ a: [{ a: [] }] }] }, { '': 1 }, { 'a/b': 1, '~': 2 }],
]

const SCHEMAS: Record<string, unknown>[] = [
  ...['string', 'number', 'integer', 'boolean', 'array', 'object', 'null', ['integer', 'null']].map((type) => ({
    type,
  })),
  ...[{ enum: [1, 'a', null, { b: 2, a: 1 }] }, { const: [1, 2, 3] }, { const: false }, {}],
  ...[{ minimum: 1 }, { maximum: 1.5 }, { exclusiveMinimum: 1 }, { exclusiveMaximum: 1 }, { multipleOf: 1.5 }],
  ...[{ minLength: 2 }, { maxLength: 2 }, { pattern: '^a' }, { pattern: 'b$' }, { pattern: '^(a|b)+$' }],
  ...[{ items: { type: 'integer' } }, { prefixItems: [{ type: 'string' }], items: { type: 'number' } }],
  ...[{ prefixItems: [true, false] }, { minItems: 2 }, { maxItems: 1 }, { uniqueItems: true }, { items: false }],
  ...[
    { contains: { const: 1 } },
    { contains: { type: 'integer' }, minContains: 2 },
    { contains: true, maxContains: 1 },
  ],
  ...[{ contains: { const: 9 }, minContains: 0 }, { required: ['a'] }, { minProperties: 2 }, { maxProperties: 1 }],
  { properties: { a: { type: 'integer' } }, additionalProperties: false },
  { properties: { a: true }, additionalProperties: { type: 'null' } },
  { patternProperties: { '^a': { type: 'integer' }, '1$': { const: 2 } }, additionalProperties: false },
  { propertyNames: { maxLength: 1 } },
  { dependentRequired: { a: ['b'] } },
  { dependentSchemas: { a: { required: ['b'] } } },
  ...[{ allOf: [{ type: 'integer' }, { minimum: 1 }] }, { anyOf: [{ type: 'string' }, { minimum: 1 }] }],
  ...[{ oneOf: [{ type: 'integer' }, { minimum: 1 }] }, { not: { type: 'string' } }, { not: true }, { not: false }],
  JSON.parse('{"if":{"type":"string"},"then":{"minLength":2},"else":{"type":"object"}}'),
  { if: { type: 'string' }, else: false },
  { $ref: '#/$defs/node', $defs: { node: { type: 'object', additionalProperties: { $ref: '#/$defs/node' } } } },
  { properties: { a: { type: 'array', items: { $ref: '#' } } }, additionalProperties: false },
  { properties: { 'a/b': { const: 1 }, '~': { $ref: '#/properties/a~1b' } }, type: 'object' },
]

test('what it says is what the schema checker of TypeBox says', () => {
  for (const schema of SCHEMAS)
    for (const value of VALUES)
      expect([schema, value, wrongWith(schema, value).length === 0]).toEqual([schema, value, Check(schema, value)])
})

const PATTERNS = [
  ...['', 'a', '^a$', 'a|b|', '^(?:a|bc)*$', 'a+b*c?', '^a{2}$', '^a{2,}$', '^a{1,3}$', '^a{0}$', '(a{0,2}){2}b'],
  ...['^.$', '^..$', '[abc]', '[^abc]', '[^\\]]', '^[\\w.-]+@[\\w-]+(\\.[a-z]{2,})+$', '\\d+', '\\D', '\\s', '\\S'],
  ...['\\bfoo\\b', '\\Boo', '^\\u0061$', '^\\x61$', '^\\u{1F6AA}$', '\\p{Lu}', '\\P{L}', '^(?<year>\\d{4})-\\d\\d$'],
  ...['a*?b', 'a+?', 'a??', '^(a|ab)(c|bcd)(d*)$', '\\(', '\\\\', '\\/', '^[a-z]+(-[a-z]+)*$', '(a*)*b', '(|a)+$'],
  ...['^(?:|a|b)$', '[\\u{1F600}-\\u{1F64F}]', '^[^]$', '$^', 'x^', '^^a$$', '\\cJ', '\\0'],
]
const TEXTS = [
  ...['', 'a', 'b', 'aa', 'aaa', 'aaaa', 'ab', 'abc', 'abcd', 'abbc', 'c', '0', '2026', '2026-12', 'x', 'foo', ' foo '],
  ...[
    'food',
    'Foo',
    'ä',
    'Ä',
    '🚪',
    '😀',
    'a🚪',
    '\n',
    'a\nb',
    ']',
    '(',
    '\\',
    '/',
    'ann@example.org',
    'ann@example',
    'a-b-c',
    '-',
  ],
  ...['a-', '\u0000', 'aaaaab', 'bca', '_'],
]

test('patterns match what JavaScript has them match', () => {
  for (const source of PATTERNS)
    for (const text of TEXTS)
      expect([source, text, new Pattern(source).test(text)]).toEqual([source, text, new RegExp(source, 'u').test(text)])
})

test.each([
  ['^(a+)+$', `${'a'.repeat(5000)}!`],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(2000)],
  ['(x+x+)+y', 'x'.repeat(5000)],
  ['^(a|a)*$', `${'a'.repeat(5000)}b`],
])('a pattern that takes RegExp years does not match for long: %s', (pattern, text) => {
  expect(wrongWith({ pattern }, text)).toMatchObject([{ path: [], text: `must match ${pattern}` }])
})

test.each<[string, Record<string, unknown>, unknown]>([
  ['a long text and a long pattern', { pattern: '(a|b|c|d){100}e' }, 'abcd'.repeat(20_000)],
  ['a list of many, and many that each may be', { items: { enum: texts(10_000, 'a') } }, texts(1000, 'b')],
  [
    'a value that is deeper than anybody needs',
    { items: { $ref: '#' } },
    JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`),
  ],
])('what would take too long is given up: %s', (_what, schema, value) => {
  expect(() => wrongWith(schema, value)).toThrow(TooMuch)
})

const ITSELF = { $ref: '#/$defs/a' }
test.each<[string, Record<string, unknown>, unknown]>([
  ['schemas that double each time', doubling(40), 1],
  [
    'schemas that double with each step into the value',
    { $defs: { a: { items: { allOf: [ITSELF, ITSELF] } } }, ...ITSELF },
    JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`),
  ],
  [
    'a tree that is one of fifty such trees',
    { type: 'object', properties: { a: { anyOf: Array.from({ length: 50 }, () => ({ $ref: '#' })) } } },
    JSON.parse(`${'{"a":'.repeat(50)}{}${'}'.repeat(50)}`),
  ],
])('what is referred to is asked once of each value: %s', (_what, schema, value) => {
  const steps = stepsOfCall()
  const { left } = steps
  expect(wrongWith(schema, value, schema, steps)).toEqual([])
  expect(left - steps.left).toBeLessThan(left / 10)
})

test('what was found out of a value before is told of each place where it stands', () => {
  const schema = {
    $defs: { a: { $ref: '#/$defs/b' }, b: { items: { type: 'integer' } } },
    items: { $ref: '#/$defs/a' },
  }
  const one = [1, 'x']
  const wrong = wrongWith(schema, [one, [1], one, ['y']])
  expect(wrong.map(({ path }) => path)).toEqual([
    [0, 1],
    [2, 1],
    [3, 0],
  ])
})

function texts(count: number, begin: string) {
  return Array.from({ length: count }, (_, i) => `${begin}${i}`)
}

/** 2 to the power of `times` schemas are asked, of a value of any kind. */
function doubling(times: number) {
  const name = (i: number) => ({ $ref: `#/$defs/d${i + 1}` })
  const defs = Array.from({ length: times }, (_, i) => [`d${i}`, { allOf: [name(i), name(i)] }])
  return { $ref: '#/$defs/d0', $defs: { ...Object.fromEntries(defs), [`d${times}`]: { type: 'integer' } } }
}

test('a megabyte of parameters is checked', () => {
  const numbers = Array.from({ length: 200_000 }, (_, i) => i)
  expect(wrongWith({ type: 'array', items: { type: 'integer', minimum: 0 }, uniqueItems: true }, numbers)).toEqual([])
  const wrong = wrongWith({ items: { type: 'string' } }, numbers)
  expect(wrong.length).toBe(20)
  expect(wrongWith({ uniqueItems: true }, numbers.fill(1))).toMatchObject([{ text: 'must not hold the same twice' }])
})

test.each<[unknown, RegExp]>([
  [null, /no object/],
  [[], /no object/],
  [{ properties: {} }, /"type": "object"/],
  [of({ type: 'integr' }), /says "integr" at \/properties\/a\/type, which is none of string/],
  [of({ maximium: 3 }), /says maximium at \/properties\/a, which is no keyword/],
  [of({ constructor: 3 }), /says constructor/],
  [of({ nullable: true }), /say "type": \[\.\.\., "null"\]/],
  [of({ items: [{}] }), /no schema at \/properties\/a\/items/],
  [of({ minimum: '3' }), /no number at \/properties\/a\/minimum/],
  [of({ maxLength: -1 }), /no whole number/],
  [of({ enum: [] }), /no list of values/],
  [of({ pattern: '(' }), /pattern that cannot be used: .*Unterminated group/],
  [of({ pattern: '(?=a)' }), /looks around with \(\?=/],
  [of({ pattern: '(?<!a)b' }), /looks around with \(\?<!/],
  [of({ pattern: '(a)\\1' }), /refers back with \\1/],
  [of({ pattern: '(a{1000}){1000}' }), /repeats too much/],
  [of({ patternProperties: { '(a)\\1': true } }), /refers back/],
  [of({ $ref: 'https://example.org/schema.json' }), /nothing is fetched/],
  [of({ $ref: 'other.json#/a' }), /nothing is fetched/],
  [of({ $ref: '#/$defs/none' }), /where nothing stands/],
  [of({ $ref: '#/properties/a' }), /in circles/],
  [of({ anyOf: [{ type: 'null' }, { not: { $ref: '#/properties/a' } }] }), /in circles/],
  [of({ properties: { b: { format: 'picture' } } }), /only a parameter itself/],
  [of(nested(40)), /deeper than 32/],
  [{ type: 'object', required: 'a' }, /no list of names/],
  [{ type: 'object', description: 'x'.repeat(300_000) }, /letters/],
  [circular(), /no JSON/],
])('a schema that cannot be used is refused in words: %#', (schema, words) => {
  expect(faultOfSchema(schema)).toMatch(words)
})

test('schemas that can be used are taken, in circles too where these go deeper', () => {
  for (const schema of SCHEMAS)
    expect(faultOfSchema({ type: 'object', properties: { a: schema }, ...defs(schema) })).toBeNull()
  expect(faultOfSchema(of({ type: 'array', items: { $ref: '#/properties/a' } }))).toBeNull()
  expect(faultOfSchema({ ...of({ title: 'A', examples: [1], 'x-unit': 's' }), $schema: 'any', $id: 'any' })).toBeNull()
})

/** References are from the root of the whole. */
function defs({ $defs, properties }: Record<string, unknown>) {
  return { ...($defs ? { $defs } : {}), ...(properties && '~' in (properties as object) ? { properties } : {}) }
}

function of(a: object) {
  return { type: 'object', properties: { a } }
}

function nested(times: number): object {
  return times === 0 ? {} : { items: nested(times - 1) }
}

function circular(): object {
  const one: Record<string, unknown> = { type: 'object' }
  one.properties = { one }
  return one
}
