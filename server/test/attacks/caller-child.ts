import { createInterface } from 'node:readline'
import { runInBox } from '../../src/sandbox/run-in-box.ts'
import type { Attempt, Came } from './attempt.ts'

/** Runs boxes as whoever started it (`caller.ts`): attempts come in as lines of JSON, and what came of them goes out so. */
const MOST_TOLD = 1_000_000

for await (const line of createInterface({ input: process.stdin })) void perform(JSON.parse(line))

async function perform(attempt: Attempt) {
  const { id, abortAfterMs, files, input, ...command } = attempt
  const printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
  let printedBytes = 0
  const abort = new AbortController()
  const timer = abortAfterMs === null ? null : setTimeout(() => abort.abort(new Error('enough')), abortAfterMs)
  const came = await runInBox({
    ...command,
    files: files === null ? null : Buffer.from(files, 'base64'),
    input: input === null ? null : Buffer.from(input, 'base64'),
    signal: abort.signal,
    onOutput(from, chunk) {
      if (printedBytes < MOST_TOLD) printed[from].push(Buffer.from(chunk))
      printedBytes += chunk.length
    },
  }).then(
    ({ kept, ...end }) => ({
      end: { ...end, kept: kept === null ? null : Buffer.from(kept).toString('base64') },
      error: null,
    }),
    (error: Error) => ({ end: null, error: `${error.name}: ${error.message}` }),
  )
  if (timer) clearTimeout(timer)
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((chunks) => Buffer.concat(chunks).toString('utf8'))
  const answer: Came = { id, ...came, stdout: stdout ?? '', stderr: stderr ?? '', printedBytes }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
