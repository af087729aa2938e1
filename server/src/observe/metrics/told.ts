import { Counter, Gauge, type Registry } from 'prom-client'

/** A value and the labels that it has beside its name. */
export type Sample = [labels: Record<string, string>, value: number]

/** A number that is read at the moment somebody asks. */
export function gauge(registry: Registry, name: string, help: string, read: () => number | Promise<number>) {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read())
    },
  })
}

/** Numbers of things that come and go, such as cameras: what is not named any more is not told any more. */
export function gauges(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  read: () => Sample[] | Promise<Sample[]>,
) {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      const samples = await read()
      this.reset()
      for (const [labels, value] of samples) this.set(labels, value)
    },
  })
}

/** As `gauges`, of what somebody else counts. */
export function counters(registry: Registry, name: string, help: string, labelNames: string[], read: () => Sample[]) {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      for (const [labels, value] of read()) this.inc(labels, value)
    },
  })
}
