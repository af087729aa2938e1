import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { workFolderOf } from '../home/work-folder.ts'
import { runProgram } from '../programs/run-program.ts'
import { answerOf, gitOf, lastLines } from '../source/git.ts'
import { RedeployError, type Step } from '../step.ts'

const LIMIT_MS = 120_000

/** Lays the files of the commit out, without its history. */
export const step: Step = async (context) => {
  const { home, run, signal, log } = context
  // What a redeploy left that was killed, too: there is one at a time.
  for (const name of await readdir(home.work).catch(() => []))
    await rm(join(home.work, name), { recursive: true, force: true, maxRetries: 5 })
  const folder = workFolderOf(context)
  const archive = `${folder}.tar`
  await mkdir(folder, { recursive: true })
  const how = ['--format=tar', `--output=${archive}`]
  await answerOf(gitOf(context), ['archive', ...how, String(run.commit)], {
    limitMs: LIMIT_MS,
    config: { 'tar.umask': '0022' },
  })
  const untar = ['--extract', '--preserve-permissions', '--no-same-owner', `--file=${archive}`, `--directory=${folder}`]
  const { code, stderr } = await runProgram('tar', untar, { signal, limitMs: LIMIT_MS })
  if (code !== 0) throw new RedeployError('export_failed', 'environment', `tar: ${lastLines(stderr)}`)
  await rm(archive)
  log('info', `The files of ${run.commit} are laid out`)
}
