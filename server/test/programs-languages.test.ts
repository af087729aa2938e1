import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { baseProject, describeLanguages, LANGUAGES, languageOf } from '../src/programs/languages.ts'
import type { SourceFile } from '../src/programs/program.ts'
import { switchesFor } from '../src/programs/switches.ts'

const file = (basename: string, contents = ''): SourceFile => ({ basename, contents })
const nameOf = (main: string, ...names: string[]) => languageOf({ files: names.map((name) => file(name)), main }).name

describe('which language a program is in', () => {
  test('the endings of its files say it', () => {
    expect(nameOf('', 'a.py', 'data.csv')).toBe('python')
    expect(nameOf('', 'a.ts', 'b.mjs')).toBe('typescript')
    expect(nameOf('', 'a.c', 'a.h')).toBe('c')
    expect(nameOf('', 'a.cc')).toBe('cpp')
    expect(nameOf('', 'a.ads', 'a.adb')).toBe('ada')
    expect(nameOf('', 'run.bash')).toBe('shell')
  })

  test('C beside Ada or C++ is part of that program', () => {
    expect(nameOf('', 'a.c', 'main.adb')).toBe('ada')
    expect(nameOf('a.c', 'a.c', 'main.adb')).toBe('ada')
    expect(nameOf('', 'a.c', 'b.cpp')).toBe('cpp')
  })

  test('of several languages the one counts that the program begins in', () => {
    expect(nameOf('b.sh', 'a.py', 'b.sh')).toBe('shell')
    expect(() => nameOf('', 'a.py', 'b.sh')).toThrow('Say with `main` which one it begins with.')
    expect(() => nameOf('c.sh', 'a.py', 'b.sh')).toThrow('begin with "c.sh", and no file is called that: a.py, b.sh.')
  })

  test('files that are no program are refused with the endings there are', () => {
    expect(() => nameOf('', 'notes.txt')).toThrow(/No file ends as a program does: \.ts .*\.adb .*\.sh/)
  })
})

describe('switches', () => {
  const through = (name: string, tool: string) => (one: string) => {
    const language = LANGUAGES.find((each) => each.name === name)
    try {
      return switchesFor(tool, language?.switches ?? {}, { [tool]: [one] }).length === 1
    } catch {
      return false
    }
  }

  test('what people use is let through', () => {
    const usual = ['-g', '-O0', '-O2', '-Wall', '-Wextra', '-Wno-unused', '-Werror', '-DN=3', '-pthread', '-fwrapv']
    for (const name of ['c', 'cpp', 'ada']) expect(usual.filter((one) => !through(name, 'Compiler')(one))).toEqual([])
    expect(['-std=c11', '-std=gnu17'].filter(through('c', 'Compiler'))).toHaveLength(2)
    expect(['-std=c++17', '-std=gnu++2b'].filter(through('cpp', 'Compiler'))).toHaveLength(2)
    expect(
      ['-gnatwa', '-gnata', '-gnat2012', '-gnaty3abc', '-gnatw.X'].filter(through('ada', 'Compiler')),
    ).toHaveLength(5)
  })

  test('what names a file or another program never is', () => {
    const bad = [
      ...[
        '-B/tmp',
        '-B',
        '-fplugin=x.so',
        '@args',
        '-specs=x',
        '-wrapper',
        '-Wl,-T,x',
        '-Wa,-a',
        '-Wp,-MD',
        '-I/etc',
        '-L/',
      ],
      ...[
        '-include',
        '-I.',
        '-o',
        '/etc/passwd',
        'x.c',
        '-x',
        '-l/x',
        '-lfoo',
        '-D',
        '-DX=`id`',
        '-DX=$(id)',
        '-T',
        '-Xlinker',
      ],
      ...[
        '-gnatec=/etc/passwd',
        '-gnatep=x',
        '-gnateDx=1',
        '-eL',
        '--RTS=x',
        '-aI/etc',
        '-Pother',
        '--config=x',
        '',
        ' -g',
        '-g\n',
      ],
      ...[
        '-fdump-tree-all',
        '-save-temps',
        '-dumpdir',
        '-MF',
        '-imacros',
        '-iplugindir=x',
        '-ftest-coverage',
        '-g;id',
        '-O9',
      ],
    ]
    for (const name of ['c', 'cpp', 'ada'])
      for (const tool of ['Compiler', 'Builder', 'Linker']) expect(bad.filter(through(name, tool))).toEqual([])
    for (const name of ['python', 'shell', 'typescript'])
      expect([...bad, '-g'].filter(through(name, 'Compiler'))).toEqual([])
  })
})

test.each([
  ['on one line with its clauses', 'with Ada.Text_IO; use Ada.Text_IO; procedure Go is begin Put ("a"); end Go;', true],
  [
    'behind comments and pragmas',
    '-- procedure\npragma Ada_2012; -- with\nprivate with A;\n  procedure Go is null;',
    true,
  ],
  ['of which two words stand on two lines', 'procedure\n  Go\nis\nbegin null; end;', true],
  ['that takes something', 'procedure Go (A : Integer) is null;', false],
  ['within a package', 'package body Go is\nprocedure Inner is null;\nend Go;', false],
  ['of which a comment speaks', '-- text\n-- procedure Go is\npackage body Go is end Go;', false],
])('a procedure %s: whether a program in Ada begins there', (_, contents, isMain) => {
  const request = { files: [file('go.adb', contents)], main: '', switches: {}, name: 'go' }
  const project = baseProject(request).find(({ basename }) => basename === 'main.gpr')?.contents
  expect(project?.includes('for Main use ("go.adb");')).toBe(isMain)
})

const VERSIONS: Record<string, RegExp> = {
  ...{ typescript: /^Node \d+\.\d+\.\d+$/, python: /^3\.\d+\.\d+$/, shell: /^sh is \w+(, bash \d[\d.]*)?$/ },
  ...{ ada: /^GNAT \d+\.[\d.]+$/, cpp: /^g\+\+ \d+\.[\d.]+$/, c: /^gcc \d+\.[\d.]+$/ },
}

test('what is installed is described: versions, modes, and what to install where it is missing', async () => {
  const described = await describeLanguages()
  expect(described.map(({ name }) => name)).toEqual(LANGUAGES.map(({ name }) => name))
  for (const { name, version, modes, missing, endings, example } of described) {
    expect(endings.some((ending) => example.basename.endsWith(ending))).toBe(true)
    expect(languageOf({ files: [example], main: '' }).name).toBe(name)
    if (version === null) expect(missing).toContain('apt-get install')
    else {
      expect(version).toMatch(VERSIONS[name] ?? /never/)
      expect(missing).toBeNull()
      expect(modes.slice(0, 3)).toEqual(['run', 'submit', 'compile'])
    }
  }
  expect(described[0]?.version).toBe(`Node ${process.versions.node}`)
})

describe('a base project, downloaded and built where no server is', () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })

  function download(files: SourceFile[], switches: Record<string, string[]> = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'ajar-base-'))
    folders.push(folder)
    const base = baseProject({ files, main: '', switches, name: 'My program #1' })
    for (const { basename, contents } of [...base, ...files]) writeFileSync(join(folder, basename), contents)
    const run = (program: string, ...args: string[]) => {
      const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`
      const { stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', env: { PATH } })
      return stdout + stderr
    }
    return { base: base.map(({ basename }) => basename), run }
  }

  const example = (name: string) => {
    const language = LANGUAGES.find((one) => one.name === name)
    if (!language) throw new Error(`no language ${name}`)
    return language.example
  }

  test.each(['c', 'cpp'])('of %s: make builds and runs it', (name) => {
    const { base, run } = download([example(name)], { Compiler: ['-O2'] })
    expect(base).toEqual(['README.md', 'Makefile'])
    const output = run('make', 'run')
    expect(output).toContain('-O2')
    expect(output).toContain('Hello, world!')
  })

  test('of Ada with C: gprbuild builds it', (context) => {
    needsProgram('gprbuild', 'gprbuild', context)
    const { base, run } = download(MIXED)
    expect(base).toEqual(['main.gpr', 'README.md'])
    expect(run('gprbuild', '-q', '-p', '-P', 'main.gpr')).toBe('')
    expect(run('./main')).toBe(' 42\n')
  })

  test('of TypeScript: npm start runs it, by the command in its package.json', () => {
    const { base, run } = download([example('typescript')])
    expect(base).toEqual(['README.md', 'package.json', 'tsconfig.json'])
    const start = run('node', '-p', 'require("./package.json").scripts.start')
    expect(run('sh', '-c', start)).toBe('Hello, world!\n')
    expect(run('node', '-p', 'require("./package.json").name')).toBe('my-program-1\n')
  })

  test('of Python and shell: the command in its README runs it', () => {
    for (const name of ['python', 'shell']) {
      const { base, run } = download([example(name)])
      expect(base).toEqual(['README.md'])
      const command = /^ {4}(.*)$/m.exec(run('cat', 'README.md'))?.[1] ?? ''
      expect(run('sh', '-c', command)).toBe('Hello, world!\n')
    }
  })

  test.for(LANGUAGES.map(({ name }) => name))(
    'of %s: its README builds it, runs it with its arguments, and says what each case should print',
    (name, context) => {
      if (name === 'ada') needsProgram('gprbuild', 'gprbuild', context)
      const cases = file('lab_io.txt', 'in 0:Ann\nout 0:Hello, Ann!\nin 1:"a b" c\nout 1:Hello, a b!\n')
      const { run } = download([example(name), file('cli.txt', `'$HOME # "#1' two`), cases])
      const lines = [...run('cat', 'README.md').matchAll(/^ {4}(.*)$/gm)].map(([, line = '']) => line)
      const outputs = lines.filter((line) => line.startsWith('# ')).map((line) => line.slice(2))
      const said = lines.filter((line) => !line.startsWith('# ')).map((line) => run('sh', '-c', line))
      expect(said.slice(-3)).toEqual(['Hello, $HOME # "#1!\n', ...outputs.map((line) => `${line}\n`)])
      expect(outputs).toEqual(['Hello, Ann!', 'Hello, a b!'])
      expect(run('cat', 'README.md')).toContain(name === 'typescript' ? 'It needs Node 24' : 'eeds ')
      if (name === 'c') expect(run('make', 'run')).toContain('Hello, $HOME # "#1!\n')
    },
  )

  test('what a person wrote himself is not written over', () => {
    const { base } = download([example('c'), file('Makefile', 'all:\n')])
    expect(base).toEqual(['README.md'])
  })
})

const MIXED = [
  file(
    'main.adb',
    `with Ada.Text_IO; with Interfaces.C;
procedure Main is
   function Answer return Interfaces.C.int with Import, Convention => C;
begin
   Ada.Text_IO.Put_Line (Interfaces.C.int'Image (Answer));
end Main;
`,
  ),
  file('answer.c', 'int answer(void) { return 42; }\n'),
]
