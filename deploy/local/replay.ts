import { parseArgs } from 'node:util'
import { ProgressBar } from './src/progress-bar.ts'
import { type ReplayReport, replay } from './src/replay.ts'

/** `npm run replay -- FOLDER [--labels N] [--json]`: how well would ajar tell the states of this camera? */

const USAGE = `Usage: npm run replay -- FOLDER [--labels N] [--json]

FOLDER holds one folder per state with JPEGs whose names sort by time. The first N frames of each state
(20 unless told, never more than half of them) teach the camera; all others are sent through a fresh system
and scored; the folders' names are the states' names. The last line is JSON; with --json nothing else is printed
(npm -s run replay ... keeps npm quiet too).`

const BAD_USE = 2

function readArguments(): { folder: string; labels: number; json: boolean } {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { labels: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
  })
  const [folder, ...rest] = positionals
  if (!folder || rest.length > 0) throw new Error('name one folder')
  const labels = Number(values.labels)
  if (!Number.isInteger(labels) || labels < 2) throw new Error('--labels takes a whole number from 2 on')
  return { folder, labels, json: values.json }
}

function table({ perState, balancedAccuracy, engine, backbone, framesPerSecond }: ReplayReport): string {
  const row = (cells: (string | number)[]) => cells.map((cell) => String(cell).padStart(12)).join('')
  return [
    row(['state', 'frames', 'correct', 'recall', 'unknown']),
    ...Object.entries(perState).map(([state, { frames, correct, recall, unknown }]) =>
      row([state, frames, correct, recall.toFixed(4), unknown]),
    ),
    `balanced accuracy ${balancedAccuracy.toFixed(4)} with ${engine}, ${backbone}, ${framesPerSecond} frames/s`,
  ].join('\n')
}

async function main() {
  const { folder, labels, json } = readArguments()
  const progress = new ProgressBar('replay')
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
  process.once('SIGTERM', () => interrupted.abort(new Error('interrupted')))
  const report = await replay({
    folder,
    labels,
    onProgress: (phase, fraction) => json || progress.show(phase, fraction),
    signal: interrupted.signal,
  })
  if (!json) {
    progress.end()
    console.log(table(report))
  }
  console.log(JSON.stringify(report))
}

try {
  await main()
} catch (error) {
  const badUse =
    (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ||
    /^(name one|--labels)/.test((error as Error).message)
  console.error(badUse ? `${(error as Error).message}\n\n${USAGE}` : `replay failed: ${(error as Error).message}`)
  process.exitCode = badUse ? BAD_USE : 1
}
