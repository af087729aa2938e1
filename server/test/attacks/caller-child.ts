import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { performProgram } from '../../src/programs/perform/perform-program.ts'
import type { Message } from '../../src/programs/program.ts'
import { runInBox } from '../../src/sandbox/run-in-box.ts'
import type { Asked, Attempt, Came, Told } from './attempt.ts'

/**
 * Runs boxes, and programs in boxes, as whoever started it (`caller.ts`): attempts come in as lines of JSON, and what came
 * of them goes out so. Its standard streams are left to whatever they lead to, which may be a terminal.
 */
const [QUESTIONS, ANSWERS] = [3, 4]
const MOST_TOLD = 1_000_000

const answers = createWriteStream('', { fd: ANSWERS })
const tell = (answer: object) => answers.write(`${JSON.stringify(answer)}\n`)
tell({ pid: process.pid })
for await (const line of createInterface({ input: createReadStream('', { fd: QUESTIONS }) })) {
  const asked = JSON.parse(line) as Attempt | Asked
  void ('request' in asked ? perform(asked) : run(asked)).then(tell)
}

async function perform({ id, request, limits }: Asked): Promise<Told> {
  const messages: Message[] = []
  const came = await performProgram(
    request,
    limits,
    (told) => messages.push(...told),
    new AbortController().signal,
  ).then((outcome) => ({ outcome, error: null }), failed({ outcome: null }))
  return { id, messages, ...came }
}

async function run(attempt: Attempt): Promise<Came> {
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
    failed({ end: null }),
  )
  if (timer) clearTimeout(timer)
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((chunks) => Buffer.concat(chunks).toString('utf8'))
  return { id, ...came, stdout: stdout ?? '', stderr: stderr ?? '', printedBytes }
}

function failed<Without extends object>(without: Without) {
  return (error: Error) => ({ ...without, error: `${error.name}: ${error.message}` })
}
