import { exportSet } from './src/labelled-set.ts'
import { parseArgs, runCommand, runningServer, SERVER_OPTIONS, SERVER_USAGE, twoArguments } from './src/running.ts'

/** `npm run export -- CAMERA FILE.zip`: all labelled frames of a camera, for `npm run import` elsewhere. */

const USAGE = `Usage: npm run export -- CAMERA FILE.zip [--no-marks] [--server URL] [--token-file FILE]

CAMERA is device/camera. FILE.zip gets one folder per state and a manifest.json; with --no-marks without the frames that are
marked unclear or ignore.
${SERVER_USAGE}`

const MB = 1e6

await runCommand('export', USAGE, async () => {
  const options = { ...SERVER_OPTIONS, 'no-marks': { type: 'boolean', default: false } } as const
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  const [camera, file] = twoArguments(positionals, 'a file')
  const isTerminal = process.stdout.isTTY
  const onProgress = (bytes: number) => isTerminal && process.stdout.write(`\r${(bytes / MB).toFixed(1)} MB`)
  const bytes = await exportSet(await runningServer(values), camera, file, { marks: !values['no-marks'], onProgress })
  if (isTerminal) process.stdout.write('\r')
  console.log(`${file}: ${(bytes / MB).toFixed(1)} MB of labelled frames of ${camera}`)
})
