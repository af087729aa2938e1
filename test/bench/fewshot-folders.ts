import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BACKBONES, decode, openEngine } from '@ajar/models'
import sharp from 'sharp'

/** Labelled pictures of one fixed camera, as every contestant sees them. */
export interface Folder {
  name: string
  states: string[]
  pictures: LabelledPicture[]
}

export interface LabelledPicture {
  name: string
  state: string
  /** Null where the name tells no time: then each picture is of a place of its own. */
  capturedAtMs: number | null
  /** By contestant: what `trainHead` takes. */
  features: Map<string, Float32Array>
}

export const GREY = 'linear on 24x24 grey'
export const CONTESTANTS = [GREY, ...BACKBONES]

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const CELLS = 4
const SIDE = 24

/** Every folder of the shared pictures that has one folder for each state. */
export async function readFolders(): Promise<Folder[]> {
  const webcams = await readdir(`${DATA}/webcams`)
  const names = [...webcams.sort().map((camera) => `webcams/${camera}`), 'parking']
  const folders: Folder[] = []
  for (const name of names) folders.push(await readFolder(name))
  for (const backbone of BACKBONES) {
    const engine = await openEngine({ backbone, threads: 2 })
    for (const { name, pictures } of folders)
      for (const picture of pictures) {
        const { rgb } = await decode(await readFile(`${DATA}/${name}/${picture.state}/${picture.name}`), null)
        picture.features.set(backbone, await engine.embed(rgb))
      }
    await engine.close()
  }
  return folders
}

async function readFolder(name: string): Promise<Folder> {
  const entries = await readdir(`${DATA}/${name}`, { withFileTypes: true })
  const states = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const pictures: LabelledPicture[] = []
  for (const state of states.sort())
    for (const file of (await readdir(`${DATA}/${name}/${state}`)).sort()) {
      const grey = await greyOf(await readFile(`${DATA}/${name}/${state}/${file}`))
      pictures.push({ name: file, state, capturedAtMs: timeOf(file), features: new Map([[GREY, grey]]) })
    }
  return { name, states, pictures }
}

/** The whole picture in 24x24 grey levels 0..1, in 4x4 cells as the trainer takes features. */
async function greyOf(jpeg: Buffer): Promise<Float32Array> {
  const small = sharp(jpeg).resize(SIDE, SIDE, { fit: 'fill' }).greyscale().raw()
  const levels = await small.toBuffer()
  const inCell = SIDE / CELLS
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [cell, pixel] = [Math.floor(i / inCell ** 2), i % inCell ** 2]
    const y = Math.floor(cell / CELLS) * inCell + Math.floor(pixel / inCell)
    const x = (cell % CELLS) * inCell + (pixel % inCell)
    return (levels[y * SIDE + x] ?? 0) / 255
  })
}

function timeOf(name: string): number | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.jpg$/.exec(name) ?? []
  if (year === undefined) return null
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}
