import type { Kysely } from 'kysely'
import type { Classified } from '../classify/classifier.ts'
import type { Events } from '../database/events.ts'
import type { StoredFrame } from '../database/frames/frame-store.ts'
import type { FramesTable, ResultsTable, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Source } from '../devices/sources.ts'
import type { Transition } from './debounce.ts'
import type { TellOptions } from './tell-readings.ts'

/** What the recorder asks of the parts around it. */
export interface RecorderPorts {
  database: StateDatabase
  events: Events
  /** Milliseconds UTC. */
  now(): number
  /** A source as its results are judged (`Sources.judged`). */
  camera(id: string): Source
  /** What the agent of a device says of a sensor. */
  factsOf?: TellOptions['factsOf']
  /**
   * What a result says of whatever its source is a part of: results of doors, inside the same transaction. It answers at
   * once, from memory, and may be asked again about the same result where the disk refused. Told of no late result.
   * @param receivedAt when what the result is of came in, by the server's clock: that of its device may be ahead
   * @returns rows whose `captured_at` is moved on where the door has a result of then already
   */
  joined?(result: ResultsTable, receivedAt: number): ResultsTable[]
  /** Marks frames as through the pipeline. */
  finish(frames: StoredFrame[]): void
  /** Publishes a retained message; null clears it. */
  publish(topic: string, payload: object | null): void
  /** Whether points go into the outbox of the InfluxDB sink. */
  influx: boolean
  /**
   * Adds to the transaction of a debounced change what follows from it, unless the change is only told again: of the past,
   * now that late frames are in.
   * @returns called once it is committed
   * @throws where the disk refuses
   */
  followUp?(transaction: Kysely<StateTables>, camera: string, transition: Transition): Promise<() => void>
  /** Told of every debounced change, after it is committed. */
  onTransition(camera: string, transition: Transition): void
  /** Told of every frame's outcome, after it is committed. */
  onRecorded(outcome: FramesTable['outcome'], classified: Classified): void
  /** Told why the disk refuses, and null when it works again. */
  onHeld(why: string | null): void
  /** Told what cannot be written although the disk works: the fault is ours. A frame then ends as skipped. */
  onFault(what: string, error: Error): void
  isConnected(device: string): boolean
  /** Whether frames of the camera are on their way through the pipeline. */
  isBusy(camera: string): boolean
}
