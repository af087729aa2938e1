/** Counts the retained topics of each device, so that no device fills the memory with names of cameras. */
export class RetainedTopics {
  readonly #maxPerDevice: number
  readonly #byDevice = new Map<string, Set<string>>()

  constructor(maxPerDevice: number) {
    this.#maxPerDevice = maxPerDevice
  }

  get size(): number {
    let size = 0
    for (const topics of this.#byDevice.values()) size += topics.size
    return size
  }

  /** Whether a message of this device may be retained; an empty payload clears its topic [MQTT-3.3.1-10]. */
  take(device: string, topic: string, payloadBytes: number): boolean {
    const topics = this.#byDevice.get(device)
    if (payloadBytes === 0) {
      if (topics?.delete(topic) && topics.size === 0) this.#byDevice.delete(device)
      return true
    }
    if (topics === undefined) {
      this.#byDevice.set(device, new Set([topic]))
      return true
    }
    if (!topics.has(topic) && topics.size >= this.#maxPerDevice) return false
    topics.add(topic)
    return true
  }
}
