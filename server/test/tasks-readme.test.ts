import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFits } from '@ajar/images'
import { expect, onTestFinished, test } from 'vitest'
import { TasksFolder } from './tasks-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The tasks that the two READMEs show, as they stand there. */

function tasksIn(readme: string): [file: string, code: string][] {
  const text = readFileSync(new URL(readme, import.meta.url), 'utf8')
  const shown = [...text.matchAll(/```(ts|python|sh)\n(.+?)```/gs)].map(([, language = '', code = '']) => ({
    language,
    code,
  }))
  return shown
    .filter(({ code }) => /\btask\(|___TASK STATUS___/.test(code))
    .map(({ language, code }, i) => [`shown${i}.${language === 'python' ? 'py' : language}`, code])
}

test.each([
  ['../../README.md', [{ above: 1 }, { bytes: 5760, packed: expect.any(Number) }, { free: expect.any(Number) }]],
  [
    '../tasks/README.md',
    [{ width: 3, height: 2 }, { path: expect.any(String) }, 'column,mean\r\n0,1.5\r\n1,2.5\r\n2,151.5\r\n', /SIMPLE/],
  ],
])('%s', async (readme, results) => {
  const tasks = await TasksFolder.open(onTestFinished, Object.fromEntries(tasksIn(readme)))
  const _imageURL = join(await temporaryFolder(onTestFinished), 'six.fits')
  await writeFits(_imageURL, { samples: Int32Array.of(0, 1, 2, 3, 4, 301), width: 3, height: 2, planes: 1 })
  for (const [i, expected] of results.entries()) {
    const { status, result } = await tasks.call(`shown${i}`, { _imageURL })
    expect(status).toEqual({ outfile: expect.any(String) })
    if (expected instanceof RegExp) expect(result).toMatch(expected)
    else expect(result).toEqual(expected)
  }
})
