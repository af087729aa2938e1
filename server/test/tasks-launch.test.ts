import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { removeFolder } from '../src/remove-folder.ts'
import { executable, failed, failureOf, launchIn, launchScript, SUCCESS, someFolders } from './some-launches.ts'

const KEYWORD = '___TASK STATUS___'
/** Prints a status, and ends with a code. */
const says = (status: string, code = 0) => `echo '${KEYWORD}'\ncat <<'END'\n${status}\nEND\nexit ${code}`

describe('A task is called by the protocol', () => {
  test('in its working directory, by -n -d -o and without -i where it has no parameters', async () => {
    const lines: string[] = []
    const { outfile, ms } = await launchScript(`pwd; printf '%s\\n' "$@"; ${SUCCESS}`, {
      onLine: (from, text) => lines.push(`${from}: ${text}`),
    })
    const work = outfile.replace(/out\/result$/, 'work')
    const out = outfile.replace(/\/result$/, '')
    expect(lines).toEqual([work, '-n', 'some', '-d', work, '-o', out].map((line) => `stdout: ${line}`))
    expect(readFileSync(outfile, 'utf8')).toBe('fine\n')
    expect(ms).toBeGreaterThan(0)
  })

  test('parameters arrive byte for byte: quotes, lines, all of Unicode, a megabyte', async () => {
    const params = {
      quotes: `'"\`$(exit 1)\\ %s`,
      lines: 'a\nb\r\n\u2028\tc',
      unicode: 'Tür \u{1f6aa} 扉 \u0000 \ud800',
      __proto__: null,
      long: 'é'.repeat(500_000),
      nested: [{ deep: [1.5, -2, 1e300, true, null] }],
    }
    const folders = await someFolders()
    const file = executable(
      folders.folder,
      'task.py',
      `#!/usr/bin/python3
import json, os, shutil, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert os.path.dirname(given["-i"]) == given["-d"] == os.getcwd()
json.load(open(given["-i"], encoding="utf-8"))
out = os.path.join(given["-o"], "it")
shutil.copy(given["-i"], out)
print("${KEYWORD}")
print(json.dumps({"outfile": out}))
`,
    )
    const { outfile } = await launchIn(folders, [file], { params })
    expect(readFileSync(outfile)).toEqual(Buffer.from(JSON.stringify(params)))
    expect(JSON.parse(readFileSync(outfile, 'utf8'))).toEqual(params)
  })

  test('a program in C, by its name in PATH or by its path from the working directory', async (context) => {
    needsProgram('gcc', 'gcc libc6-dev', context)
    const folders = await someFolders()
    const source = join(folders.folder, 'task.c')
    writeFileSync(
      source,
      `#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
  char path[4096] = "";
  for (int i = 1; i + 1 < count; i++)
    if (strcmp(words[i], "-o") == 0) snprintf(path, sizeof path, "%s/c", words[i + 1]);
  FILE *file = fopen(path, "w");
  if (!file) return 1;
  fputs("from C", file);
  fclose(file);
  printf("log without an end ${KEYWORD} more\\n{\\"outfile\\":\\n\\"%s\\"\\n}", path);
  return 0;
}
`,
    )
    execFileSync('gcc', ['-o', join(folders.workFolder, 'compiled'), source])
    const { outfile } = await launchIn(folders, ['./compiled'])
    expect(readFileSync(outfile, 'utf8')).toBe('from C')
    await expect(launchIn(folders, ['sh', '-c', `"./compiled" "$@"`, 'sh'])).resolves.toMatchObject({ outfile })
  })

  test('its environment is small, and has nothing of ours', async () => {
    process.env.AJAR_ADMIN_TOKEN = 'a secret'
    const lines: string[] = []
    await launchScript(`env; ${SUCCESS}`, { onLine: (_, text) => lines.push(text) }).finally(
      () => delete process.env.AJAR_ADMIN_TOKEN,
    )
    const names = lines.map((line) => line.replace(/=.*/s, ''))
    // PWD is sh's own.
    expect(
      [...names].sort().filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL', 'TZ', 'BOUNDED_RUN'].includes(name)),
    ).toEqual(['HOME', 'LANG', 'PATH', 'TMPDIR'])
    expect(lines.join()).not.toContain('a secret')
  })

  test('it has no descriptor but the three, and none of them is a terminal or waits for input', async () => {
    const lines: string[] = []
    const { outfile } = await launchScript(`cat; ls /proc/$$/fd >"$6/fds"; ${SUCCESS}`, {
      onLine: (_, text) => lines.push(text),
    })
    const open = readFileSync(outfile.replace(/result$/, 'fds'), 'utf8').split('\n')
    // What the test runner leaves open in all its children has high numbers; sh keeps its script at 10.
    expect(open.filter((number) => number !== '' && Number(number) < 10)).toEqual(['0', '1', '2'])
    expect(lines).toEqual([])
  })

  test('noise around: log in all forms before the status, on both streams', async () => {
    const lines: string[] = []
    const script = `printf '\\377\\000 {"outfile":"/no"}\\n___TASK STATUS__\\n\\n'; echo warning >&2; ${SUCCESS}`
    await expect(launchScript(script, { onLine: (from, text) => lines.push(`${from}: ${text}`) })).resolves.toBeTruthy()
    expect(lines.filter((line) => line.startsWith('stderr'))).toEqual(['stderr: warning'])
    expect(lines.filter((line) => line.startsWith('stdout')).slice(1)).toEqual(['stdout: ___TASK STATUS__', 'stdout: '])
  })

  test('the keyword may come in pieces', async () => {
    const slowly = `printf 'log ___TA'; sleep 0.05; printf 'SK STAT'; sleep 0.05; printf 'US___\\n'`
    const lines: string[] = []
    await launchScript(SUCCESS.replace(/echo '___.*/, slowly), { onLine: (_, text) => lines.push(text) })
    expect(lines).toEqual(['log'])
  })

  test('lines are bounded in length and number', async () => {
    const lines: string[] = []
    const script = `head -c 3000000 /dev/zero | tr '\\0' x; echo; seq 5000; ${SUCCESS}`
    await launchScript(script, { onLine: (_, text) => lines.push(text) })
    expect(lines[0]).toMatch(/^x{2000} \[\.\.\.\]$/)
    expect(lines.length).toBe(1001)
    expect(lines.at(-1)).toBe('more lines than this are not shown')
  })
})

describe('Each failure has its own text', () => {
  test.each([
    ['no keyword line', 'echo hello', 'no_status', 'printed no line with ___TASK STATUS___: after'],
    [
      'nothing after it',
      `echo '${KEYWORD}'`,
      'empty_status',
      'nothing after the line ___TASK STATUS___, and ended with exit code 0',
    ],
    ['JSON cut off', says('{"outfile": "/tm'), 'bad_status', /is no JSON \(.+\): \{"outfile": "\/tm$/],
    ['no JSON but Python', says("{'outfile': None}"), 'bad_status', 'is no JSON'],
    [
      'bytes that are no UTF-8',
      `echo '${KEYWORD}'; printf '{"error":"\\377"}'; exit 1`,
      'bad_status',
      'its bytes are no UTF-8',
    ],
    ['more after the JSON', says('{"outfile": "/x"}\nbye'), 'bad_status', 'is no JSON'],
    [
      'two keyword lines',
      `echo '${KEYWORD}'\n${says('{"outfile": "/x"}')}`,
      'bad_status',
      'printed the line ___TASK STATUS___ twice',
    ],
    ['JSON that is a list', says('["/x"]'), 'bad_status', 'but no object: ["/x"]'],
    ['JSON that is null', says('null'), 'bad_status', 'but no object: null'],
    ['no outfile', says('{"result": 1}'), 'no_outfile', /^Output file is not returned from the task\.$/],
    ['an outfile that is a number', says('{"outfile": 5}'), 'bad_outfile', 'is not the path of a file: 5'],
    ['an error', says('{"error": "no such star"}', 3), 'task_failed', /^no such star$/],
    [
      'an error with exit 0',
      says('{"error": "no such star"}'),
      'task_failed',
      /^no such star \(It ended with exit code 0 all the same/,
    ],
    ['an empty error', says('{"error": ""}', 1), 'task_failed', 'does not say why'],
    [
      'an outfile with another exit code',
      says('{"outfile": "/x"}', 4),
      'task_failed',
      'ended with exit code 4, without an "error"',
    ],
    ['no word at all', 'exit 5', 'task_failed', 'ended with exit code 5, and printed no line'],
    ['a signal', 'kill -SEGV $$', 'task_failed', 'was ended by the signal SIGSEGV (exit code 139)'],
    [
      'a status of megabytes',
      `echo '${KEYWORD}'; head -c 1100000 /dev/zero`,
      'bad_status',
      'is longer than 1048576 bytes',
    ],
  ])('%s', async (_, script, code, text) => {
    const error = await failureOf(script)
    expect(error.message).toMatch(text)
    expect(error).toMatchObject({ code, fault: 'caller' })
  })

  test('what it wrote on standard error stands below, the end of it where it is long', async () => {
    const short = await failureOf(`echo 'one: 1' >&2; echo >&2; printf two >&2; ${says('{"error": "why"}', 1)}`)
    expect(short.message).toBe('why\none: 1\ntwo')
    const long = await failureOf(`seq 10000 >&2; ${says('{"error": "why"}', 1)}`)
    expect(long.message).toMatch(/^why\n\[\.\.\.\]\n99\d\d\n/)
    expect(long.message).toMatch(/\n10000$/)
    expect(long.message.length).toBeLessThan(5000)
  })

  test.each([
    ['outside', 'echo x >"$4/x"; at="$4/x"', 'lies outside the folder that -o named'],
    ['outside by ..', 'echo x >"$4/x"; at="$6/../work/x"', 'lies outside the folder that -o named'],
    ['the folder itself', 'at="$6"', 'is a folder, not a file'],
    ['of the system', 'at=/etc/passwd', 'lies outside'],
    ['not there and outside', 'at=/nowhere/x', 'lies outside'],
    ['by a link outside', 'ln -s /etc/passwd "$6/x"; at="$6/x"', 'leads by a link to /etc/passwd, outside'],
    ['by a linked folder outside', 'ln -s /etc "$6/x"; at="$6/x/passwd"', 'leads by a link to /etc/passwd, outside'],
    ['missing', 'at="$6/x"', 'is not there: the task did not write it'],
    ['a link that leads nowhere', 'ln -s x "$6/x"; at="$6/x"', 'is not there'],
    ['a folder', 'mkdir "$6/x"; at="$6/x"', 'is a folder, not a file'],
    ['a FIFO', 'mkfifo "$6/x"; at="$6/x"', 'is a FIFO, not a file'],
    ['a hard link', 'echo "{}" >"$4/own"; ln "$4/own" "$6/x"; at="$6/x"', 'is a hard link'],
    ['in a folder that it removed', 'rm -r "$6"; at="$6/x"', 'was removed or is another one now'],
    [
      'in a folder that it replaced',
      'mv "$6" "$4/old"; mkdir "$6"; echo "{}" >"$6/x"; at="$6/x"',
      'is another one now',
    ],
    ['in a link to elsewhere', 'rmdir "$6"; ln -s /etc "$6"; at="$6/passwd"', 'is another one now'],
    ['a device', 'ln -s /dev/zero "$6/x"; at="$6/x"', 'leads by a link to /dev/zero'],
  ])('an outfile that is %s', async (_, script, text) => {
    const error = await failureOf(`${script}\necho '${KEYWORD}'\necho "{\\"outfile\\": \\"$at\\"}"`)
    expect(error).toMatchObject({ code: 'bad_outfile' })
    expect(error.message).toContain(text)
  })

  test('an outfile that is marked immutable is refused, and removed', async (context) => {
    const folders = await someFolders()
    const error = await failed(
      launchIn(folders, ['sh', '-c', `echo x >"$6/x"; chattr +i "$6/x"; ${says('{"outfile": "../out/x"}')}`, 'sh']),
    ).catch(() => null)
    await removeFolder(folders.folder)
    expect(existsSync(folders.folder)).toBe(false)
    if (error === null) return context.skip('only root can mark a file so, and not on each disk')
    expect(error).toMatchObject({ code: 'bad_outfile', message: expect.stringContaining('may not be read or moved') })
  })

  test('an outfile by a link within, or from the working directory, is a file there', async () => {
    const script = `echo x >"$6/x"; ln -s x "$6/link"; echo '${KEYWORD}'; echo '{"outfile": "../out/link"}'`
    expect((await launchScript(script)).outfile).toMatch(/\/out\/x$/)
  })

  test('a program that cannot be started, and whose fault that is', async () => {
    const folders = await someFolders()
    const { folder } = folders
    writeFileSync(join(folder, 'closed'), '#!/bin/sh\n')
    mkdirSync(join(folder, 'folder'))
    symlinkSync('nowhere', join(folder, 'broken'))
    const foreign = Buffer.from(readFileSync(process.execPath).subarray(0, 64))
    foreign.writeUInt16LE(0xf00, 18)
    writeFileSync(join(folder, 'foreign'), foreign, { mode: 0o755 })
    const cases: [string, RegExp][] = [
      ['no-such-program-anywhere', /no-such-program-anywhere is not installed here/],
      ['../gone', /is not there: there is no file .*\/gone/],
      [join(folder, 'broken'), /is not there/],
      [join(folder, 'folder'), /is not a file/],
      [join(folder, 'closed'), /may not be run .*chmod \+x/],
      [join(folder, 'foreign'), /compiled for another kind of processor/],
      [
        executable(folder, 'bad', '#!/no/such/interpreter -x\n'),
        /the interpreter \/no\/such\/interpreter of .*bad is not there/,
      ],
      [
        executable(folder, 'env', '#!/usr/bin/env -S no-such-thing -u\n'),
        /the interpreter no-such-thing of .*env is not installed/,
      ],
      [executable(folder, 'dos', '#!/bin/sh\r\nexit 0\r\n'), /line ends of Windows/],
    ]
    for (const [program, text] of cases) {
      const error = await failed(launchIn(folders, [program]))
      expect(error.message).toMatch(text)
      expect(error).toMatchObject({ code: 'not_started', fault: 'environment' })
    }
    await expect(failed(launchIn({ ...folders, outFolder: '/nowhere' }, ['true']))).resolves.toMatchObject({
      code: 'not_started',
    })
    await expect(failed(launchIn(folders, []))).resolves.toMatchObject({ code: 'not_started' })
  })
})
