import { APART_MS, BACKBONES, DEFAULT_BACKBONE, distanceTo, openHead, type Sample, trainHead } from '@ajar/models'
import { CONTESTANTS, type Folder, GREY, type LabelledPicture, readFolders } from './fewshot-folders.ts'

/**
 * How good a model is after few labels, on real pictures of fixed cameras: balanced accuracy on frames at least ten
 * minutes from any that was learned from, for each backbone, beside a head that sees the picture in 24x24 grey (the same
 * trainer) and beside always saying what was labelled most. Which frames are labelled is drawn, once for each seed.
 */

const LABELS = [5, 10, 20]
const SEEDS = [1, 2, 3, 4, 5]
/** Of each state so many are left to be judged by, at least. */
const FEWEST_TESTED = 3
const MAJORITY = 'majority'

interface Row {
  folder: string
  /** Asked for of each state. */
  labels: number
  taken: string
  tested: number
  /** By contestant, one for each seed. */
  accuracies: Map<string, number[]>
}

export default async function fewshot() {
  const folders = await readFolders()
  const rows: Row[] = []
  for (const folder of folders) for (const labels of LABELS) rows.push(await measure(folder, labels))
  const columns = [MAJORITY, ...CONTESTANTS]
  console.log('Balanced accuracy, mean of 5 draws of the labels (least to most).')
  console.log(
    `Test frames are at least ${APART_MS / 60_000} minutes from any labelled one; pictures of parking bays have`,
  )
  console.log('no time, and each is a bay of its own: there the two sets are disjoint.\n')
  print(['folder', 'labels', 'tested', ...columns])
  print(Array.from({ length: 3 + columns.length }, () => '---'))
  for (const { folder, taken, tested, accuracies } of rows)
    print([folder, taken, String(tested), ...columns.map((name) => inWords(accuracies.get(name) ?? []))])
  for (const labels of LABELS) {
    const some = rows.filter((row) => row.labels === labels)
    const means = columns.map((name) => mean(some.map(({ accuracies }) => mean(accuracies.get(name) ?? []))))
    print(['**mean of all**', String(labels), '', ...means.map((value) => `**${value.toFixed(3)}**`)])
  }
  console.log(`\nErrors against those of the default, ${DEFAULT_BACKBONE} (1.00), mean of all folders:`)
  for (const labels of LABELS) {
    const some = rows.filter((row) => row.labels === labels)
    const errorOf = (name: string) => 1 - mean(some.map(({ accuracies }) => mean(accuracies.get(name) ?? [])))
    const others = [GREY, ...BACKBONES.filter((name) => name !== DEFAULT_BACKBONE)]
    const ratios = others.map((name) => `${name} ${(errorOf(name) / errorOf(DEFAULT_BACKBONE)).toFixed(2)}`)
    console.log(`${labels} labels per state: ${ratios.join(', ')}`)
  }
}

async function measure(folder: Folder, labels: number): Promise<Row> {
  const accuracies = new Map<string, number[]>([MAJORITY, ...CONTESTANTS].map((name) => [name, []]))
  const perState = folder.states.map((state) => folder.pictures.filter((picture) => picture.state === state))
  const counts = perState.map((pictures) => Math.min(labels, pictures.length - FEWEST_TESTED))
  let tested = 0
  for (const seed of SEEDS) {
    const random = drawing(seed)
    const learned = perState.flatMap((pictures, i) => shuffled(pictures, random).slice(0, counts[i]))
    const distance = distanceTo(learned.flatMap(({ capturedAtMs }) => capturedAtMs ?? []))
    const others = folder.pictures.filter(
      (one) => !learned.includes(one) && (one.capturedAtMs === null || distance(one.capturedAtMs) >= APART_MS),
    )
    tested += others.length / SEEDS.length
    const most = folder.states.toSorted((a, b) => countOf(learned, b) - countOf(learned, a))[0] ?? ''
    accuracies.get(MAJORITY)?.push(balanced(folder.states, others, () => most))
    for (const contestant of CONTESTANTS) {
      const head = await trainHead(
        learned.map((one) => sampleOf(one, contestant)),
        { states: folder.states },
      )
      const { predict } = openHead(head)
      const said = (one: LabelledPicture) => predict(featuresOf(one, contestant), { spread: 127 }).state
      accuracies.get(contestant)?.push(balanced(folder.states, others, said))
    }
  }
  const taken = counts.every((count) => count === labels) ? String(labels) : `${labels} (${counts.join(' + ')})`
  return { folder: folder.name, labels, taken, tested: Math.round(tested), accuracies }
}

function sampleOf(one: LabelledPicture, contestant: string): Sample {
  const { name, state, capturedAtMs } = one
  return { frame: name, state, capturedAtMs: capturedAtMs ?? 0, features: [featuresOf(one, contestant)] }
}

function featuresOf({ features }: LabelledPicture, contestant: string): Float32Array {
  return features.get(contestant) ?? new Float32Array()
}

/** Mean over the states of the share of their pictures that got their state. */
function balanced(states: string[], pictures: LabelledPicture[], said: (one: LabelledPicture) => string): number {
  const right = pictures.filter((one) => said(one) === one.state)
  return mean(states.map((state) => countOf(right, state) / countOf(pictures, state)))
}

function countOf(pictures: LabelledPicture[], state: string): number {
  return pictures.filter((one) => one.state === state).length
}

function inWords(values: number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2))
  return `${mean(values).toFixed(3)} (${least} to ${most})`
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function print(cells: string[]) {
  console.log(`| ${cells.join(' | ')} |`)
}

function shuffled<T>(list: T[], random: () => number): T[] {
  const places = list.map((value) => ({ value, place: random() }))
  return places.sort((a, b) => a.place - b.place).map(({ value }) => value)
}

/** Numbers 0..1 that a seed decides (Park and Miller 1988). */
function drawing(seed: number): () => number {
  let state = seed * 48_271
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
