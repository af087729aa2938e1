import { AgentError } from '../failure.ts'
import { lightingOf } from './lighting.ts'
import { paintScene } from './paint.ts'
import { buildScene, type Scene } from './scene.ts'
import { expose } from './sensor.ts'
import { DAY_MS, doorTruth, widthOfOpening } from './truth.ts'

const QUALITY = 82
const SCENES_KEPT = 4

export interface DoorPicture {
  /** Which scene: colours, side of the hinges, place of the camera, and what happens when. */
  seed: number
  /** Milliseconds since 1970 UTC: decides light, noise, passers-by and, without `state`, the door. */
  atMs: number
  /** Shows the door in this state whatever it does at `atMs`: for labelled pictures of every light. */
  state?: 'open' | 'closed'
  /** Pixels; 640 x 360 unless told. */
  width?: number
  height?: number
  /** How long a day lasts, milliseconds; 600,000 unless told. */
  dayMs?: number
}

/**
 * A JPEG of a front door, seen from a camera in the hall. The same arguments give the same bytes on the same machine.
 * What is true of it: `doorTruth(seed, atMs, dayMs)`. Rejects with `no_encoder` where sharp is not installed.
 */
export async function renderDoor(picture: DoorPicture): Promise<Uint8Array> {
  const { seed, atMs, state, width = 640, height = 360, dayMs = DAY_MS } = picture
  const truth = doorTruth(seed, atMs, dayMs)
  if (state) truth.angleDegrees = state === 'open' ? widthOfOpening(seed, atMs) : 0
  const lighting = lightingOf(truth)
  const light = paintScene(sceneOf(seed, width, height), truth, lighting)
  // The grain of the film must differ from frame to frame and still be the same for the same frame.
  const grainSeed = seed ^ (atMs % 0x7fffffff)
  return await encode(expose(light, { width, height }, lighting, grainSeed), width, height)
}

const scenes = new Map<string, Scene>()

/** A scene takes some 100 ms to build and 5 MB to keep at 640 x 360, so only the last few are kept. */
function sceneOf(seed: number, width: number, height: number): Scene {
  const key = `${seed} ${width} ${height}`
  const scene = scenes.get(key) ?? buildScene(seed, width, height)
  scenes.delete(key)
  scenes.set(key, scene)
  const [oldest] = scenes.keys()
  if (scenes.size > SCENES_KEPT && oldest !== undefined) scenes.delete(oldest)
  return scene
}

/** sharp is loaded here and only here: an agent with real cameras runs without it. */
async function encode(levels: Uint8ClampedArray, width: number, height: number): Promise<Uint8Array> {
  const sharp = await import('sharp').catch((error) => {
    const advice = 'install sharp, or use another driver'
    throw new AgentError('no_encoder', 'environment', `the synthetic camera cannot make JPEGs here: ${advice}`, error)
  })
  return await sharp
    .default(levels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: QUALITY })
    .toBuffer()
}
