import { beforeEach, expect, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { tarOf } from '../src/sandbox/tar.ts'
import { BOX_LIMITS, boxed, needsBoxes, shell } from './boxed.ts'

beforeEach(needsBoxes)

test('a command in a box prints, ends with its code, and finds its working folder empty', async () => {
  const end = await boxed(shell('pwd; ls -A; echo wrong >&2; exit 3'))
  expect(end).toMatchObject({ code: 3, exceeded: null, kept: null, stdout: '/box\n', stderr: 'wrong\n' })
  expect(end.ms).toBeGreaterThanOrEqual(0)
})

test('a box has the environment that is said and its own, and so has its first process', async () => {
  const end = await boxed(shell(`env | sort; tr '\\0' '\\n' </proc/1/environ | sort`), {
    environment: { GREETING: 'a b' },
  })
  expect(end.stdout.split('\n')).toEqual([
    ...['GREETING=a b', 'HOME=/box', 'LANG=C.UTF-8', 'PATH=/usr/bin:/bin', 'PWD=/box', 'TMPDIR=/tmp', 'USER=ajar'],
    ...['PWD=/', ''],
  ])
})

test('what is built in one box is run in another, as another user', async (context) => {
  needsProgram('gcc', 'gcc', context)
  const source = '#include <stdio.h>\n#include <unistd.h>\nint main() { printf("%d\\n", getuid()); return 5; }\n'
  const build = await boxed(['/usr/bin/gcc', 'main.c', '-o', 'main'], {
    ...{ user: 'build', files: tarOf([{ path: 'main.c', bytes: Buffer.from(source) }]) },
    keeps: { paths: ['main'], mostBytes: 1_000_000, when: 'success' },
  })
  expect(build).toMatchObject({ code: 0, stderr: '' })
  const run = await boxed(['/box/main'], { files: build.kept })
  expect(run).toMatchObject({ code: 5, stdout: '1002\n' })
})

test('of a command that fails nothing is kept, unless it is to be kept always', async () => {
  const keeps = { paths: ['here', 'nowhere'], mostBytes: 100_000 }
  const failing = shell('echo kept >here; exit 1')
  expect((await boxed(failing, { keeps: { ...keeps, when: 'success' } })).kept).toBeNull()
  const { kept } = await boxed(failing, { keeps: { ...keeps, when: 'always' } })
  expect((await boxed(shell('cat here'), { files: kept })).stdout).toBe('kept\n')
})

test('more than may be kept is not', async () => {
  const keeps = { paths: ['.'], mostBytes: 1_000_000, when: 'success' } as const
  const end = await boxed(shell('head -c 2000000 /dev/zero >large'), { keeps })
  expect(end).toMatchObject({ code: 0, kept: null })
})

test('files that have no room are told to whoever runs them, and the command does not begin', async () => {
  const files = tarOf([{ path: 'large', bytes: new Uint8Array(2 * BOX_LIMITS.folderBytes) }])
  const end = await boxed(shell('echo begun'), { files })
  expect(end).toMatchObject({ code: 2, exceeded: null, stdout: '' })
  expect(end.stderr).toMatch(/^tar: large: /)
})

test('a command reads its input, however much of it it leaves', async () => {
  expect((await boxed(['/bin/cat'], { input: Buffer.from('line\n') })).stdout).toBe('line\n')
  expect((await boxed(shell('head -c 1'), { input: Buffer.alloc(1_000_000, 'x') })).stdout).toBe('x')
  expect((await boxed(['/bin/cat'])).stdout).toBe('')
})

test('a command that there is not ends as in a shell', async () => {
  expect((await boxed(['/box/nothing'])).code).toBe(127)
  expect((await boxed(shell('kill -SEGV $$'))).code).toBe(139)
})

test('a command has as many arguments as it is given, with whatever stands in them', async () => {
  const odd = ["it's", 'two\nlines', '', '$HOME', '`id`', '\\', 'é']
  const words = [...odd, ...Array.from({ length: 20_000 }, () => 'a')]
  const end = await boxed(['/bin/sh', '-c', 'echo $#; printf "%s|" "$1" "$2" "$3" "$4" "$5" "$6" "$7"', 'sh', ...words])
  expect(end.stdout).toBe(`${words.length}\n${odd.join('|')}|`)
})

test('a box has no terminals to make', async () => {
  const end = await boxed(shell('exec 3<>/dev/ptmx && echo made one'))
  expect(end.stdout).toBe('')
  expect(end.stderr).toContain('/dev/ptmx')
})

test('what whoever is told throws ends the box, and is what comes of it', async () => {
  const onOutput = () => {
    throw new TypeError('not mine')
  }
  await expect(boxed(shell('echo said; sleep 20'), { onOutput })).rejects.toThrow(TypeError)
})
