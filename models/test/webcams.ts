import { readdir, readFile } from 'node:fs/promises'
import { decode, type Engine, type Sample } from '../src/index.ts'
import { realData } from './pictures.ts'

/** Frames of the fixed public webcams, with the times in their names. */

export const STATES = ['day', 'night']

export async function webcams(): Promise<string[]> {
  return (await readdir(realData('webcams'))).sort()
}

export interface Picture {
  frame: string
  capturedAtMs: number
  state: string
  jpeg: Buffer
}

/** All frames of a webcam in order of time. */
export async function picturesOf(camera: string): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (const state of STATES)
    for (const name of await readdir(realData(`webcams/${camera}/${state}`))) {
      const jpeg = await readFile(realData(`webcams/${camera}/${state}/${name}`))
      pictures.push({ frame: `${camera}/${name}`, capturedAtMs: timeOf(name), state, jpeg })
    }
  return pictures.sort((a, b) => a.capturedAtMs - b.capturedAtMs)
}

export async function sampleOf(engine: Engine, { jpeg, ...picture }: Picture): Promise<Sample> {
  const { rgb, brightness } = await decode(jpeg, null)
  return { ...picture, features: [await engine.embed(rgb)], brightness }
}

/** `yyyymmdd_hhmmss.jpg` */
function timeOf(name: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.jpg$/.exec(name) ?? []
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}
