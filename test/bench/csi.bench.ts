import { createRequire } from 'node:module'
import { csiView, filesOf, openHead, type Sample, type TrainedVectorHead, trainHead, VECTOR } from '@ajar/models'
import { blockSplit, type Packets, randomSplit, readPackets, type Split, samplesOf } from './csi-packets.ts'
import { saidBy, trainPlain } from './plain-net.ts'

/**
 * How well a door's angle is told from real packets of the Wi-Fi channel: always the commonest angle, the networks of the
 * older back end (24 units, Adam, 250 epochs of batches of five, raw inputs, one for amplitudes and one for phases), and
 * ours. Each by packets drawn at random, among which are the neighbours of all that was learned from, and by blocks of
 * time, which are not. Four seeds, and two of the five blocks: those that nobody had looked at when the settings of our
 * networks were chosen.
 */

const SEEDS = [2, 3, 4, 5]
/** Counted from 0. The others were looked at. */
const BLOCKS = [1, 3] as const
const WINDOWS = [1, 8]
const OLDER = { hidden: 24, epochs: 250, batch: 5 }
const AMPLITUDES = 53
const DATA = process.env.AJAR_TEST_DATA ?? new URL('../../../shared/data', import.meta.url).pathname

export interface Figure {
  balanced: number
  accuracy: number
}

type Splits = 'random' | 'block'
/** By contestant, one figure for each seed. */
type Table = Map<string, Record<Splits, Figure[]>>

export default async function csi() {
  const packets = await readPackets(DATA)
  if (!packets) return console.log(`there is no csi/TrainingDataSet.csv in ${DATA}: set AJAR_TEST_DATA`)
  const table: Table = new Map()
  const seconds = new Map<number, number[]>()
  let head: TrainedVectorHead | null = null
  for (const seed of SEEDS)
    for (const kind of ['random', 'block'] as const) {
      const random = drawing(seed)
      const split = kind === 'random' ? randomSplit(packets, random) : blockSplit(packets, BLOCKS[seed % 2] as number)
      note(table, 'always the commonest', kind, majority(packets, split))
      for (const [name, figure] of Object.entries(older(packets, split, random))) note(table, name, kind, figure)
      for (const window of WINDOWS) {
        const samples = samplesOf(packets, { ...csiView(), window })
        const started = performance.now()
        const trained = await ours(packets, samples, split, { window, seed })
        seconds.set(window, [...(seconds.get(window) ?? []), (performance.now() - started) / 1000])
        for (const [name, figure] of Object.entries(trained.figures)) note(table, name, kind, figure)
        if (window === 1) head = trained.head
      }
    }
  console.log(
    `${packets.labels.length} packets of ${packets.states.length} angles; medians of ${SEEDS.length} seeds.\n`,
  )
  print(['', 'random: balanced', 'accuracy', 'block of time: balanced', 'accuracy'])
  print(['---', '---', '---', '---', '---'])
  for (const [name, { random, block }] of table)
    print([name, ...[random, block].flatMap((figures) => [inWords(figures, 'balanced'), inWords(figures, 'accuracy')])])
  for (const [window, all] of seconds)
    console.log(
      `\ntraining with a window of ${window}, three estimators of three networks: ${median(all).toFixed(1)} s`,
    )
  if (head) await latency(head, samplesOf(packets, csiView()))
}

function note(table: Table, name: string, kind: Splits, figure: Figure) {
  const row = table.get(name) ?? { random: [], block: [] }
  row[kind].push(figure)
  table.set(name, row)
}

export function majority({ labels, states }: Packets, { learned, asked }: Split): Figure {
  const counts = states.map((_, state) => learned.filter((i) => labels[i] === state).length)
  const most = counts.indexOf(Math.max(...counts))
  return figureOf(states.length, asked, labels, () => most)
}

function older({ readings, labels, states }: Packets, { learned, asked }: Split, random: () => number) {
  const figures: Record<string, Figure> = {}
  for (const [part, from, to] of [
    ['amplitude', 0, AMPLITUDES],
    ['phase', AMPLITUDES, 2 * AMPLITUDES],
  ] as const) {
    const rows = readings.map((reading) => reading.subarray(from, to))
    const net = trainPlain(
      learned.map((i) => rows[i] as Float32Array),
      learned.map((i) => labels[i] as number),
      states.length,
      { ...OLDER, random },
    )
    figures[`older back end, ${part}`] = figureOf(states.length, asked, labels, (i) =>
      saidBy(net, rows[i] as Float32Array),
    )
  }
  return figures
}

export async function ours(
  { labels, states }: Packets,
  samples: Sample[],
  { learned, asked }: Split,
  { window, seed }: { window: number; seed: number },
) {
  const view = { ...csiView(), window }
  const head = await trainHead(
    learned.map((i) => samples[i] as Sample),
    { states, view, seed },
  )
  const { predict } = openHead(head)
  const said = new Map(asked.map((i) => [i, predict(samples[i]?.features[0] as Float32Array, { spread: Infinity })]))
  const figures: Record<string, Figure> = {}
  for (const { name } of head.estimators)
    figures[`ours, ${name}, window ${window}`] = figureOf(states.length, asked, labels, (i) =>
      states.indexOf(said.get(i)?.details?.estimators[name]?.state ?? ''),
    )
  return { head, figures }
}

export function figureOf(states: number, asked: number[], labels: number[], said: (i: number) => number): Figure {
  const right = asked.filter((i) => said(i) === labels[i])
  const shares = Array.from({ length: states }, (_, state) => {
    const all = asked.filter((i) => labels[i] === state)
    return right.filter((i) => labels[i] === state).length / all.length
  })
  return { balanced: shares.reduce((a, b) => a + b, 0) / states, accuracy: right.length / asked.length }
}

/** One packet after the other, by us and by TensorFlow.js from the files of the same model. */
async function latency(trained: TrainedVectorHead, samples: Sample[]) {
  const library = createRequire(new URL('../../models/package.json', import.meta.url))
  const tf = await import(library.resolve('@tensorflow/tfjs-core'))
  const { loadLayersModel } = await import(library.resolve('@tensorflow/tfjs-layers'))
  const { epochs: _, loss: __, ...head } = trained
  const files = filesOf({
    ...{ id: 'bench/csi@1', backbone: VECTOR, engine: 'wasm', createdAtMs: 0, seed: 1, region: null, parent: null },
    ...{ labels: { digest: '-', frames: 0, perState: {} }, evaluation: null, verdict: '-', testSet: [] },
    ...{ view: head.view, head },
  })
  const { modelTopology, weightsManifest } = JSON.parse(Buffer.from(files.get('model.json') ?? []).toString())
  const model = await loadLayersModel({
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: Uint8Array.from(files.get('weights.bin') ?? []).buffer,
    }),
  })
  const looks = samples.slice(0, 1000).map(({ features }) => features[0] as Float32Array)
  const { predict } = openHead(head)
  const own = perLook(looks, (look) => predict(look, { spread: Infinity }))
  const theirs = perLook(looks, (look) => {
    const answers = tf.tidy(() =>
      model.predict(tf.tensor2d(look, [1, look.length])).map((one: { dataSync(): Float32Array }) => one.dataSync()),
    )
    return answers
  })
  console.log(
    `\nprediction: ${own.toFixed(0)} us with novelty and signature, TensorFlow.js (${tf.getBackend()}) on the same files ` +
      `${theirs.toFixed(0)} us: ${(own / theirs).toFixed(2)} of it`,
  )
}

/** Microseconds, the best of five rounds: others use the processor too. */
function perLook(looks: Float32Array[], ask: (look: Float32Array) => unknown): number {
  const rounds = Array.from({ length: 5 }, () => {
    const started = performance.now()
    for (const look of looks) ask(look)
    return ((performance.now() - started) * 1000) / looks.length
  })
  return Math.min(...rounds)
}

function inWords(figures: Figure[], of: keyof Figure): string {
  const values = figures.map((figure) => figure[of])
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

function print(cells: string[]) {
  console.log(`| ${cells.join(' | ')} |`)
}

/** Numbers 0..1 that a seed decides (Park and Miller 1988). */
export function drawing(seed: number): () => number {
  let state = seed * 48_271
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
