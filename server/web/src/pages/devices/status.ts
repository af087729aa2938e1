import { counted } from '../../design/words.ts'

/** What an agent says of itself, in words. */
export interface Fact {
  name: string
  value: string
  /** Somebody should look at it. */
  isWorrying: boolean
}

/** A Pi slows itself down from 80 °C on. */
const HOT_C = 75

/** @param status the payload of `ajar/{device}/status`; agents may say less, or more, than is known here */
export function factsOf(status: Record<string, unknown> | null): Fact[] {
  if (!status) return []
  const { outboxFrames, droppedFrames, temperatureC, version, driver, fault } = status
  const facts: Fact[] = []
  const add = (name: string, value: string, isWorrying = false) => facts.push({ name, value, isWorrying })
  if (typeof outboxFrames === 'number') add('Waiting on the Pi', counted(outboxFrames, 'frame'), outboxFrames > 100)
  if (typeof droppedFrames === 'number') add('Dropped there', counted(droppedFrames, 'frame'), droppedFrames > 0)
  if (typeof temperatureC === 'number') add('Temperature', `${Math.round(temperatureC)} °C`, temperatureC >= HOT_C)
  if (typeof fault === 'string') add('Trouble', fault, true)
  if (typeof version === 'string') add('Agent', typeof driver === 'string' ? `${version}, ${driver}` : version)
  return facts
}
