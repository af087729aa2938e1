import { importSet, isCsv } from './src/labelled-set.ts'
import { ProgressBar } from './src/progress-bar.ts'
import { parseArgs, runCommand, runningServer, SERVER_OPTIONS, SERVER_USAGE, twoArguments } from './src/running.ts'

/**
 * `npm run import -- CAMERA FOLDER`: labelled pictures become frames of a camera, with their labels. `-- SENSOR FILE.csv`:
 * labelled readings become those of a sensor.
 */

const USAGE = `Usage: npm run import -- CAMERA FOLDER_OR_ZIP [--add-states] [--server URL] [--token-file FILE]
       npm run import -- SENSOR FILE.csv [--add-states] [--server URL] [--token-file FILE]

CAMERA is device/camera. FOLDER holds one folder per state with JPEGs, PNGs or WebPs, as an export does; folders named
unclear and ignore mark pictures that teach nothing. SENSOR is device/sensor. FILE.csv holds one reading in each line; its
first line names the columns: Label is the state, at (where there is one) the time, each other one a number.
With --add-states the camera or sensor gets the states that it does not have.
${SERVER_USAGE}
The exit code is 0 where pictures or readings came in, or had come in before, 1 where none did, and 2 where the command was wrong.`

/** More are in the job's result. */
const MOST_SHOWN = 20

await runCommand('import', USAGE, async () => {
  const options = { ...SERVER_OPTIONS, 'add-states': { type: 'boolean', default: false } } as const
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  const [source, path] = twoArguments(positionals, 'a folder, a zip or a CSV', 'a camera or a sensor')
  const progress = new ProgressBar('import')
  const server = await runningServer(values)
  const result = await importSet(server, source, path, {
    addStates: values['add-states'],
    onProgress: (phase, fraction) => progress.show(phase, fraction),
  }).finally(() => progress.end())
  const { imported, labelled, duplicates, skipped, skippedCount } = result
  for (const { file, reason } of skipped.slice(0, MOST_SHOWN)) console.log(`left out: ${file}: ${reason}`)
  if (skippedCount > MOST_SHOWN) console.log(`and ${skippedCount - Math.min(skipped.length, MOST_SHOWN)} more`)
  const what = isCsv(path) ? 'readings' : 'pictures'
  console.log(
    `${source}: ${imported} ${what} came in, ${duplicates} were there, ${labelled} are labelled, ${skippedCount} left out`,
  )
  if (imported + duplicates === 0) process.exitCode = 1
  else console.log(`Next: train it, at ${server.address.http}/${isCsv(path) ? 'sensors' : 'teach'}/${source}`)
})
