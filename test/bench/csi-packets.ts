import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { embedVector, type Sample, type VectorView } from '@ajar/models'

/** Real packets of the Wi-Fi channel beside a door at seven angles, as the older back end was trained on them. */
export interface Packets {
  states: string[]
  /** Of each packet, in the order of the file: which state, and 53 amplitudes and 53 phases. */
  labels: number[]
  readings: Float32Array[]
}

/** Packets to learn from and packets to be asked about, by their places in the file. */
export interface Split {
  learned: number[]
  asked: number[]
}

/** About ten came in a second; so many on either side of what is asked are not learned from. */
const GAP = 10
const BLOCKS = 5

/** @returns null where the file is not there */
export async function readPackets(data: string): Promise<Packets | null> {
  const text = await readFile(join(data, 'csi', 'TrainingDataSet.csv'), 'utf8').catch(() => null)
  if (text === null) return null
  const rows = text.trim().split('\n').slice(1)
  const cells = rows.map((row) => row.split(','))
  const names = cells.map(([label]) => label as string)
  const states = [...new Set(names)].sort((a, b) => Number(a) - Number(b))
  return {
    states,
    labels: names.map((name) => states.indexOf(name)),
    readings: cells.map((row) => Float32Array.from(row.slice(1), Number)),
  }
}

/** A fifth is asked about, drawn at random: neighbours in time are on both sides. */
export function randomSplit({ labels }: Packets, random: () => number): Split {
  const order = labels
    .map((_, i) => ({ i, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ i }) => i)
  const count = Math.round(labels.length / 5)
  return { asked: order.slice(0, count), learned: order.slice(count).sort((a, b) => a - b) }
}

/** Each state's packets are cut in five blocks in the order of the file; one block of each is asked about. */
export function blockSplit({ labels, states }: Packets, block: number): Split {
  const split: Split = { learned: [], asked: [] }
  for (const state of states.keys()) {
    const group = [...labels.keys()].filter((i) => labels[i] === state)
    const [from, to] = [block, block + 1].map((edge) => Math.floor((edge * group.length) / BLOCKS)) as [number, number]
    split.asked.push(...group.slice(from, to))
    split.learned.push(...group.slice(0, Math.max(from - GAP, 0)), ...group.slice(to + GAP))
  }
  return split
}

/** All packets as a model sees them; a window holds packets of one state only. */
export function samplesOf({ states, labels, readings }: Packets, view: VectorView): Sample[] {
  return readings.map((_, i) => {
    let from = i
    while (from > 0 && i - from + 1 < view.window && labels[from - 1] === labels[i]) from--
    const capturedAtMs = 1_795_286_400_000 + i * 100
    return {
      frame: `bench/csi/${capturedAtMs}`,
      capturedAtMs,
      state: states[labels[i] as number] as string,
      features: [embedVector(readings.slice(from, i + 1), view)],
    }
  })
}
