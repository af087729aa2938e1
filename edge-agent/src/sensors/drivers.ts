import type { Static } from 'typebox'
import type { Measurement, SensorContext } from './driver.ts'
import { cpuLoad } from './drivers/cpu-load.ts'
import { cpuTemperature } from './drivers/cpu-temperature.ts'
import { disk } from './drivers/disk.ts'
import { gpio } from './drivers/gpio.ts'
import { serial } from './drivers/serial.ts'
import { wifi } from './drivers/wifi.ts'

/** Every sensor driver there is. */
export const sensorDrivers = [gpio, cpuTemperature, cpuLoad, disk, wifi, serial] as const

/** A sensor's entry in the config file, validated by its driver's schema. */
export type SensorConfig = Static<(typeof sensorDrivers)[number]['config']>

/** The driver of a sensor that passed validation. */
export function sensorDriverOf(sensor: SensorConfig): (typeof sensorDrivers)[number] {
  const found = sensorDrivers.find(({ name }) => name === sensor.driver)
  if (!found) throw new Error(`no sensor driver ${sensor.driver}, though its config was accepted`)
  return found
}

export function openSensor(sensor: SensorConfig, context: SensorContext): AsyncIterable<Measurement> {
  // The schema that accepted `sensor` names its driver, which the type of a list cannot express.
  return sensorDriverOf(sensor).open(sensor as never, context)
}
