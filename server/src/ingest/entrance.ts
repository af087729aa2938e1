import { type CameraRef, cameraId } from '@ajar/protocol'
import type { FrameId, StoredFrame } from '../database/frames/frame-store.ts'
import { type Arrived, type IncomingFrame, type IngestPorts, ingest } from './ingest.ts'
import { type MediaPorts, mediumOfFrame, mediumOfReading } from './media.ts'
import type { Ingested, Medium } from './medium.ts'
import type { IncomingReading } from './reading.ts'
import { Turnstile } from './turnstile.ts'
import { ofVector } from './vector.ts'

export interface EntrancePorts extends IngestPorts, MediaPorts {
  /** The source that is meant: one that was renamed still sends under its old name. */
  nameNow(ref: CameraRef): CameraRef
  /** Told of each that is stored, or refused for good, before whoever sent it is. */
  onIngested(kind: Medium['kind'], arrived: Arrived, ingested: Ingested<FrameId>): void
}

/** Where frames and readings come in: each through the turnstile of its source, by the one function that takes them in. */
export class Entrance {
  readonly #ports: EntrancePorts
  readonly #turnstile = new Turnstile()

  constructor(ports: EntrancePorts) {
    this.#ports = ports
  }

  /** Runs `work` while nothing of these sources is between its arrival and its acknowledgement. */
  whileShut<T>(sources: string[], work: () => Promise<T>): Promise<T> {
    return this.#turnstile.whileShut(sources, work)
  }

  /** Runs `work` as something of the source that comes in would: not while it is shut. Null where it did not run. */
  pass<T>(source: CameraRef, work: (now: CameraRef) => Promise<T>, giveUpAt?: number): Promise<T | null> {
    const now = () => this.#ports.nameNow(source)
    return this.#turnstile.pass(
      () => cameraId(now()),
      () => work(now()),
      giveUpAt,
    )
  }

  /** Takes a frame in: it is durable, or refused for good, when the promise resolves. */
  async frame(frame: IncomingFrame): Promise<Ingested> {
    const arrived = { ...frame, name: frame.camera }
    const work = (ref: CameraRef) => this.#take(arrived, ref, mediumOfFrame(frame.jpeg, cameraId(ref), this.#ports))
    return (await this.pass(frame, work, frame.giveUpAt)) ?? { kind: 'given_up' }
  }

  /** Takes a reading in, likewise. Whether its sensor has states is asked when its turn has come. */
  async reading(reading: IncomingReading): Promise<Ingested<FrameId>> {
    const arrived = { ...reading, name: reading.sensor }
    const work = (now: CameraRef) => {
      const ref = this.#sensorOf(reading, now)
      return this.#take<FrameId>(arrived, ref, mediumOfReading(reading.payload, cameraId(ref), this.#ports))
    }
    const sent = { device: reading.device, camera: reading.sensor }
    return (await this.pass(sent, work, reading.giveUpAt)) ?? { kind: 'given_up' }
  }

  /**
   * Takes in what is past and known to somebody: it is stored as any other and waits for nothing. Refused, it is nobody's
   * news.
   * @param end what becomes of it once it is stored, while its source is open
   */
  async past(given: IncomingFrame | IncomingReading, end: (ingested: Ingested) => Promise<void>): Promise<Ingested> {
    const ports: EntrancePorts = {
      ...this.#ports,
      store: (one, giveUpAt) => this.#ports.store({ ...one, ended: true }, giveUpAt),
      recordRefusal: async () => {},
      enqueue: () => {},
      onStored: () => {},
    }
    const name = 'camera' in given ? given.camera : given.sensor
    const arrived = { ...given, name }
    const work = async (ref: CameraRef) => {
      const ingested = await ingest(arrived, ref, mediumOfPast(given, ref, ports), ports)
      await end(ingested)
      return ingested
    }
    return (await this.pass({ device: given.device, camera: name }, work, given.giveUpAt)) ?? { kind: 'given_up' }
  }

  async #take<Kept extends FrameId>(arrived: Arrived, ref: CameraRef, medium: Medium<Kept>): Promise<Ingested<Kept>> {
    const ingested = await ingest(arrived, ref, medium, this.#ports)
    this.#ports.onIngested(medium.kind, arrived, ingested)
    return ingested
  }

  /** A sensor may be called as a camera was before it was renamed. */
  #sensorOf({ device, sensor }: IncomingReading, now: CameraRef): CameraRef {
    return this.#ports.find(cameraId(now))?.kind === 'sensor' ? now : { device, camera: sensor }
  }
}

function mediumOfPast(
  given: IncomingFrame | IncomingReading,
  ref: CameraRef,
  ports: EntrancePorts,
): Medium<StoredFrame> {
  if ('camera' in given) return mediumOfFrame(given.jpeg, cameraId(ref), ports)
  const sensor = ports.find(cameraId(ref))
  if (sensor?.kind === 'sensor') return ofVector(given.payload, sensor, ports)
  return {
    ...{ kind: 'vector', size: 0, hasRows: false },
    judge: () => ({ code: 'bad_name', reason: `${cameraId(ref)} is no sensor with states: set it up first` }),
    admit: async () => null,
    keep: async () => ({ kind: 'given_up' }),
  }
}
