import { describe, expect, test } from 'vitest'
import { type Language, PlanError } from '../src/programs/language.ts'
import { LANGUAGES } from '../src/programs/languages.ts'
import { checkDownload, checkRequest } from '../src/programs/request/check-request.ts'

/** What of a program is taken, before anybody knows which languages this machine has. */

const language: Language = {
  ...{ name: 'c', title: 'C', endings: ['.c'], example: { basename: 'main.c', contents: '' } },
  // As careless as a list of switches can be: what would get out of a program is refused all the same.
  switches: { Compiler: [/-[^ ]+/, /@.*/], Builder: [/-f/] },
  base: () => [],
  find: async () => null,
}
const file = { basename: 'main.c', contents: 'int main(void) { return 0; }' }
const GIVEN = { files: [file], mode: 'run' }
const check = (more: object) => checkRequest({ ...GIVEN, ...more }, () => language)
const whyOf = (more: object) => {
  try {
    check(more)
  } catch (error) {
    if (error instanceof PlanError) return error.message
    throw error
  }
  return null
}

test('arguments and cases that cannot be read are refused at once, and where they are not used nobody reads them', () => {
  const files = (basename: string, contents: string) => ({ files: [file, { basename, contents }] })
  expect(whyOf(files('cli.txt', '"open'))).toBe('cli.txt has a quote " without an end.')
  expect(whyOf({ ...files('cli.txt', '"open'), mode: 'compile' })).toBeNull()
  expect(whyOf({ ...files('lab_io.txt', 'in 0:x'), mode: 'submit' })).toBe('Case 0 of lab_io.txt has no line `out 0:`.')
  expect(whyOf({ mode: 'submit' })).toBe('There are no cases to run it against: lab_io.txt is missing.')
  expect(whyOf(files('lab_io.txt', 'in 0:x'))).toBeNull()
})

test('what an older client sends is taken as it is, and what it leaves out is empty', () => {
  const whole = {
    ...{
      files: [file, { basename: 'lab_io.txt', contents: 'out 0:x' }],
      main: 'main.c',
      mode: 'submit',
      name: 'Intro.Greet',
      lab: true,
    },
    switches: { Builder: [], Compiler: ['-g', '-O2', '-std=c++17'] },
  }
  expect(checkRequest(whole, () => language).request).toEqual({
    ...whole,
    switches: { Compiler: ['-g', '-O2', '-std=c++17'] },
  })
  const { request } = check({ main: null, switches: null, name: null, unheardOf: 1 })
  expect(request).toEqual({ files: [file], main: '', mode: 'run', switches: {}, name: '', lab: false })
  expect(checkDownload({ files: [file], name: 'x' }, () => language).request.mode).toBe('run')
})

test('a mode that is missing is told as that', () => {
  expect(whyOf({ mode: undefined })).toMatch(/^There is no mode: there are run, /)
  expect(whyOf({ mode: 'fly' })).toMatch(/^"fly" is no mode: /)
})

test.each([null, [], 'x', 5, undefined])('%j is no program', (body) => {
  expect(() => checkRequest(body, () => language)).toThrow(/The body is no object/)
})

describe('files', () => {
  test('of 50,000 characters are taken, however many bytes those are, and 50,001 are not', () => {
    const wide = (count: number) => [{ basename: 'a.c', contents: '\u{1F6AA}'.repeat(count) }]
    expect(whyOf({ files: wide(50_000) })).toBeNull()
    expect(whyOf({ files: wide(50_001) })).toBe('a.c has 50001 characters: a file may have 50000.')
    expect(whyOf({ files: [{ basename: 'a.c', contents: 'x'.repeat(50_001) }] })).toMatch(/50001 characters/)
  })

  test('are 100 at most, of 1 MiB together', () => {
    const many = (count: number, contents = '') =>
      Array.from({ length: count }, (_, i) => ({ basename: `f${i}.c`, contents }))
    expect(whyOf({ files: many(100) })).toBeNull()
    expect(whyOf({ files: many(101) })).toBe('There are 101 files: a program may have 100.')
    expect(whyOf({ files: many(10_000) })).toMatch(/10000 files/)
    expect(whyOf({ files: many(21, 'x'.repeat(50_000)) })).toMatch(/1050000 bytes together: a program may have 1048576/)
    expect(whyOf({ files: many(20, 'x'.repeat(50_000)) })).toBeNull()
  })

  test.each([[], null, undefined, {}, 'main.c'])('that are %j are none', (files) => {
    expect(whyOf({ files })).toMatch(/There are no files/)
  })

  test.each([null, 'main.c', {}, { basename: 'a.c' }, { basename: 'a.c', contents: 5 }, { basename: 1, contents: '' }])(
    '%j is none',
    (one) => {
      expect(whyOf({ files: [file, one] })).toMatch(/^File 2 is not/)
    },
  )

  test.each(['main.c', 'a-b.adb', 'x_1.test.py', 'c++.cc', '_', 'README', '1.txt', 'null.c', 'communicate.c'])(
    'may be called %s',
    (basename) => {
      expect(whyOf({ files: [{ basename, contents: '' }] })).toBeNull()
    },
  )

  test.each([
    ...['', '.', '..', '../x.c', 'a/b.c', '/etc/passwd', 'a\\b.c', '.bashrc', 'a..b', 'x.'],
    ...['-o.c', '-', '--help', '@options', 'a@b.c', 'a\0.c', 'a\n.c', 'a b.c', 'a"b.c', "a'b.c", '$(id).c', '`id`.c'],
    ...[
      'a;b.c',
      'a|b.c',
      'a&b.c',
      'a*.c',
      'a?.c',
      'a:b.c',
      'a,b.c',
      'a=b.c',
      '~.c',
      'gr\u00fcn.c',
      '\u202ecod.c',
      'a#b.c',
    ],
    ...['con', 'CON.c', 'aux.h', 'nul.txt', 'com1.c', 'LPT9'],
    'x'.repeat(101),
  ])('may not be called %j', (basename) => {
    const why = whyOf({ files: [file, { basename, contents: '' }] })
    expect(why).toMatch(/no name for a file|too long|device on Windows/)
    expect(why?.length).toBeLessThan(300)
    expect(why).not.toMatch(/[\n\0]/)
  })

  test('of one name are refused, also where capitals alone tell them apart', () => {
    expect(whyOf({ files: [file, file] })).toMatch(/same name/)
    expect(whyOf({ files: [file, { ...file, basename: 'Main.C' }] })).toMatch(/same name/)
  })
})

test.each(['go', '', null, undefined, 5, 'RUN', 'toString', ['run']])('%j is no mode', (mode) => {
  expect(whyOf({ mode })).toMatch(/is no mode: there are run, submit, compile, prove, prove_flow/)
})

test.each(['../main.c', '-main', '@x', 'a b', 5, {}])('%j is nothing to begin with', (main) => {
  expect(whyOf({ main })).not.toBeNull()
})

test('a name is for people: one line, without what turns text around', () => {
  expect(check({ name: 'a\r\nb\u202ec' }).request.name).toBe('a b c')
  expect(check({ name: 'x'.repeat(500) }).request.name).toHaveLength(200)
  expect(whyOf({ name: 5 })).toMatch(/name is no text/)
  expect(whyOf({ lab: 'true' })).toMatch(/lab is true or false/)
})

describe('switches', () => {
  const withSwitch = (...switches: unknown[]) => whyOf({ switches: { Compiler: switches } })

  test.each([
    '-g',
    '-O2',
    '-Wall',
    '-Wextra',
    '-std=gnu++20',
    '-DNAME=1',
    '-fno-exceptions',
    '-gnatwa',
    '-gnat2022',
    '-lm',
  ])('%s is let through where its language does', (each) => {
    expect(withSwitch(each)).toBeNull()
  })

  test.each([
    ...[
      '-B.',
      '-B',
      '-Bdir',
      '-fplugin=x.so',
      '-fplugin-arg-x',
      '-specs=x',
      '--specs=x',
      '-wrapper',
      '-Wl,-T,x',
      '-Wa,x',
    ],
    ...['-Wp,-MD', '-Xlinker', '-I/etc', '-I.', '-L/lib', '-Iinclude', '-include', '-imacros', '-isystem', '-iquote'],
    ...[
      '-o',
      '-oout',
      '-T',
      '-Tscript',
      '-x',
      '-xc++',
      '@file',
      '-',
      '--',
      '',
      'main.c',
      '-save-temps',
      '-fdump-tree-all',
    ],
    ...['-fprofile-use=x', '-fuse-ld=x', '-DX="y"', '-D$(id)', '-g -B', '-g\n', '-g\0', '-gnatec=x.adc', '-gnatem=m'],
    ...['-cargs', '-largs', '-XA=b', '-Pother.gpr', '-aIdir', '-ffile-prefix-map=a=b', '-O2..', '-MDx/y', '-MD', '-E'],
    `-D${'x'.repeat(100)}`,
  ])('%j gets through nowhere', (each) => {
    expect(withSwitch(each)).toMatch(/^The switch .* is not allowed for C\.$/s)
    expect(withSwitch('-g', each)).not.toBeNull()
  })

  test('are lists of text, for tools that take them', () => {
    expect(withSwitch(5)).toMatch(/no text/)
    expect(whyOf({ switches: { Compiler: '-g' } })).toMatch(/no list/)
    expect(whyOf({ switches: [] })).toMatch(/switches are/)
    expect(whyOf({ switches: 'x' })).toMatch(/switches are/)
    expect(whyOf({ switches: { Linker: ['-g'] } })).toBe('C has no switches for "Linker".')
    expect(whyOf({ switches: { Linker: [] } })).toBeNull()
    expect(whyOf({ switches: { constructor: ['-g'] } })).toMatch(/no switches for "constructor"/)
    expect(whyOf({ switches: { Compiler: Array(50).fill('-g') } })).toBeNull()
  })

  test('of a language that has none are left out, but for those that nobody takes', () => {
    const bare = (...switches: string[]) =>
      checkRequest({ ...GIVEN, switches: { Builder: [], Compiler: switches } }, () => ({ ...language, switches: {} }))
    expect(bare('-g').request.switches).toEqual({})
    expect(() => bare('-fplugin=x.so')).toThrow(/not allowed/)
  })

  test('are counted before one of them is looked at, for whichever tool and language they are', () => {
    const bare = { ...language, switches: {} }
    const ofNothing = (switches: object) => () => checkRequest({ ...GIVEN, switches }, () => bare)
    const many = (count: number) => Array(count).fill('-fplugin=x.so')
    expect(whyOf({ switches: { Compiler: many(51) } })).toBe('There are 51 switches: 50 are taken.')
    expect(ofNothing({ Builder: many(26), Compiler: many(25) })).toThrow('There are 51 switches: 50 are taken.')
    const tools = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`tool${i}`, []]))
    expect(ofNothing(tools(10))).not.toThrow()
    expect(ofNothing({ ...tools(10), other: '-g' })).toThrow('There are switches for 11 tools: 10 are taken.')
  })

  test('count whole: a pattern of a language that says only how they begin lets nothing more through', () => {
    expect(whyOf({ switches: { Builder: ['-f'] } })).toBeNull()
    expect(whyOf({ switches: { Builder: ['-fx'] } })).toMatch(/not allowed/)
  })
})

describe('the languages that there are', () => {
  const by = (name: string) => LANGUAGES.find((one) => one.name === name) as Language
  const taken = (name: string, tool: string, each: string) => {
    try {
      const { request } = checkRequest({ ...GIVEN, switches: { [tool]: [each] } }, () => by(name))
      return request.switches[tool]?.includes(each) ?? false
    } catch {
      return false
    }
  }

  test.each([
    ...['-g', '-O2', '-Wall', '-Wno-unused', '-std=c11', '-DN=1', '-lm', '-pthread', '-fwrapv'].map((each) => [
      'c',
      each,
    ]),
    ...['-g', '-O3', '-std=c++20', '-fno-rtti', '-Wextra'].map((each) => ['cpp', each]),
    ...['-g', '-gnata', '-gnatwa', '-gnatW8', '-gnat2022', '-gnatX', '-gnatyM80', '-gnato', '-gnatVa', '-O0'].map(
      (each) => ['ada', each],
    ),
  ])('%s takes %s', (name, each) => {
    expect(taken(name, 'Compiler', each)).toBe(true)
  })

  test.each(LANGUAGES.flatMap(({ name }) => ['Builder', 'Compiler'].map((tool) => [name, tool] as const)))(
    '%s lets nothing out through its %s',
    (name, tool) => {
      const bad = [
        '-B.',
        '-fplugin=x',
        '@x',
        '-specs=x',
        '-wrapper',
        '-Wl,x',
        '-I/etc',
        '-L/',
        '-include',
        '-o',
        '-x',
        '-E',
      ]
      const ofAda = ['-gnatec=x', '-gnatem=x', '-gnatep=x', '-gnateG', '-cargs', '-largs', '-Px', '-XA=b', '-aI.']
      const ofGcc = [
        '-save-temps',
        '-fuse-ld=x',
        '-fdump-tree-all',
        '-fprofile-use',
        '-MD',
        '-T',
        '-D"x"',
        '-',
        '',
        'x.c',
      ]
      for (const each of [...bad, ...ofAda, ...ofGcc]) expect([each, taken(name, tool, each)]).toEqual([each, false])
    },
  )
})
