import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadBetween, readProcessorTime } from '../src/sensors/drivers/cpu-load.ts'
import { readTemperature } from '../src/sensors/drivers/cpu-temperature.ts'
import { readDiskUse } from '../src/sensors/drivers/disk.ts'
import { hasWifi, readSignal } from '../src/sensors/drivers/wifi.ts'
import { folderOf } from './places.ts'

describe('the temperature', () => {
  test("is that of the processor's zone, in °C", async () => {
    const zones = await folderOf({
      'cooling_device0/type': 'fan\n',
      'thermal_zone0/type': 'nvme\n',
      'thermal_zone0/temp': '38000\n',
      'thermal_zone1/type': 'cpu-thermal\n',
      'thermal_zone1/temp': '51540\n',
    })
    expect(await readTemperature(undefined, zones)).toBe(51.5)
    expect(await readTemperature('nvme', zones)).toBe(38)
    await expect(readTemperature('gpu', zones)).rejects.toMatchObject({ code: 'no_thermometer', message: /gpu/ })
  })

  test('of an unknown kind is the first; frost is a temperature too', async () => {
    const zones = await folderOf({ 'thermal_zone0/type': 'thing\n', 'thermal_zone0/temp': '-5250\n' })
    expect(await readTemperature(undefined, zones)).toBe(-5.2)
  })

  test.each(['', '\n', 'N/A', '42.5'])('that reads %j is a fault and never a number', async (temp) => {
    const zones = await folderOf({ 'thermal_zone0/type': 'cpu-thermal\n', 'thermal_zone0/temp': temp })
    await expect(readTemperature(undefined, zones)).rejects.toMatchObject({ code: 'bad_reading' })
  })

  test('where there is no thermometer is a fault', async () => {
    await expect(readTemperature(undefined, '/nowhere')).rejects.toMatchObject({ code: 'no_thermometer' })
    await expect(readTemperature(undefined, await folderOf({}))).rejects.toMatchObject({ code: 'no_thermometer' })
  })
})

describe('the load', () => {
  const timesOf = async (text: string) => await readProcessorTime(join(await folderOf({ stat: text }), 'stat'))

  test('is the part of the time in which the processors were neither idle nor waiting for a disk', async () => {
    const before = await timesOf('cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 100 0 100 800 0 0 0 0 0 0\n')
    const now = await timesOf('cpu  120 5 110 850 10 3 2 0 99 99\ncpu0 1 1 1 1 1 1 1 1 1 1\n')
    // 20 + 5 + 10 + 3 + 2 of 100; what guests took (the last two) is counted in the first two already.
    expect(loadBetween(before, now)).toBe(40)
    expect(loadBetween({ busy: 0, all: 0 }, { busy: 7, all: 7 })).toBe(100)
    expect(loadBetween({ busy: 9, all: 0 }, { busy: 8, all: 100 })).toBe(0)
  })

  test('of no time at all is a fault', () => {
    expect(() => loadBetween({ busy: 5, all: 9 }, { busy: 5, all: 9 })).toThrow(/stand still/)
  })

  test.each(['', 'cpu0 1 2 3 4\n', 'cpu  1 2 x 4\n', 'cpu  1 2\n'])('of %j is a fault', async (text) => {
    await expect(timesOf(text)).rejects.toMatchObject({ code: 'bad_reading' })
  })

  test('of this machine can be read', async () => {
    const { busy, all } = await readProcessorTime()
    expect(all).toBeGreaterThan(busy)
  })
})

describe('the disk', () => {
  const full = (blocks: number, bfree: number, bavail: number) => async () => ({ blocks, bfree, bavail })

  test('is as full as df says: what only root may use is not there', async () => {
    expect(await readDiskUse('/', full(1000, 300, 250))).toBe(73.7)
    expect(await readDiskUse('/', full(1000, 50, 0))).toBe(100)
  })

  test('of this machine can be read; one that is not there, or has no size, is a fault', async () => {
    expect(await readDiskUse('/')).toBeGreaterThan(0)
    await expect(readDiskUse('/nowhere/at/all')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(readDiskUse('/proc', full(0, 0, 0))).rejects.toMatchObject({ code: 'bad_reading' })
  })
})

describe('the Wi-Fi', () => {
  const head = `Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
`
  const signal = async (lines: string, wanted?: string) =>
    await readSignal(wanted, join(await folderOf({ wireless: head + lines }), 'wireless'))
  const wlan0 = ' wlan0: 0000   58.  -52.  -256        0      0      0      0     12        0\n'
  const wlan1 = 'wlx00c0ca: 0000   30   -80   -256        0      0      0      0     12        0\n'

  test('is as strong as the kernel says, of the first interface or the named one', async () => {
    expect(await signal(wlan0)).toBe(-52)
    expect(await signal(wlan0 + wlan1)).toBe(-52)
    expect(await signal(wlan0 + wlan1, 'wlx00c0ca')).toBe(-80)
  })

  test('that is not connected is a fault and not the strongest signal there is', async () => {
    const lost = ' wlan0: 0000    0     0     0        0      0      0      0      0        0\n'
    await expect(signal(lost)).rejects.toMatchObject({ code: 'no_wifi', message: /wlan0 is not connected/ })
  })

  test('that is not there is a fault', async () => {
    await expect(signal('')).rejects.toMatchObject({ code: 'no_wifi' })
    await expect(signal(wlan0, 'wlan9')).rejects.toMatchObject({ code: 'no_wifi', message: /wlan9/ })
    await expect(readSignal(undefined, '/nowhere')).rejects.toMatchObject({ code: 'no_wifi' })
  })

  test('is here where an interface is one, connected or not', async () => {
    expect(await hasWifi(await folderOf({ 'eth0/address': '', 'lo/address': '' }))).toBe(false)
    expect(await hasWifi(await folderOf({ 'eth0/address': '', 'wlan0/phy80211/name': 'phy0' }))).toBe(true)
    expect(await hasWifi('/nowhere')).toBe(false)
  })
})
