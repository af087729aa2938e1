import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { BACKBONES, ENGINES, type EngineName, openEngine } from '@ajar/models'

const ROUNDS = 7
const FRAMES = 15

/** Milliseconds per frame and peak memory of each engine with each backbone: one thread each, in turns (A B A B). */
export default async function engines(): Promise<void> {
  const loading = await enginesOfThisMachine()
  const runs = BACKBONES.flatMap((backbone) => loading.map((engine) => ({ backbone, engine })))
  const started: { backbone: string; engine: string; child: ChildProcess; ms: number[]; peakRssMb: number }[] = []
  try {
    for (const { backbone, engine } of runs) {
      const child = fork(new URL('engines-child.ts', import.meta.url), [engine, backbone])
      started.push({ backbone, engine, child, ms: [], peakRssMb: 0 })
      await answerOf(child)
      await measure(child, 3) // warm up
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const run of started) {
        const { msPerFrame, peakRssMb } = await measure(run.child, FRAMES)
        run.ms.push(msPerFrame)
        run.peakRssMb = peakRssMb
      }
    }
  } finally {
    for (const { child } of started) child.kill()
  }

  const rows = started.map(({ backbone, engine, ms, peakRssMb }) => ({ backbone, engine, ms: median(ms), peakRssMb }))
  console.table(
    rows.map((row) => {
      const wasm = rows.find(({ backbone, engine }) => backbone === row.backbone && engine === 'wasm')
      return {
        backbone: row.backbone,
        engine: row.engine,
        'ms per frame': row.ms.toFixed(1),
        'against wasm': (row.ms / (wasm?.ms ?? Number.NaN)).toFixed(2),
        'peak RSS MB': Math.round(row.peakRssMb),
      }
    }),
  )
}

/** Says which engines do not load, and why. */
async function enginesOfThisMachine(): Promise<EngineName[]> {
  const loading: EngineName[] = []
  for (const { name } of ENGINES) {
    try {
      await (await openEngine({ engine: name })).close()
      loading.push(name)
    } catch (error) {
      console.log(`${name} is left out: ${(error as Error).message}`)
    }
  }
  return loading
}

async function measure(child: ChildProcess, frames: number): Promise<{ msPerFrame: number; peakRssMb: number }> {
  const answer = answerOf(child)
  child.send(frames)
  return (await answer) as { msPerFrame: number; peakRssMb: number }
}

/** The child's next message, or an error where it ends or stays silent for a minute. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const silent = AbortSignal.timeout(60_000)
  const gone = new AbortController()
  const onExit = () => gone.abort(new Error('an engine process ended before it answered'))
  child.once('exit', onExit)
  try {
    const [answer] = await once(child, 'message', { signal: AbortSignal.any([silent, gone.signal]) })
    return answer
  } finally {
    child.off('exit', onExit)
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}
