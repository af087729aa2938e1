import mqtt from 'mqtt'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { DeviceLines } from '../src/devices/device-lines.ts'
import { RunningServer, until } from './running-server.ts'

/** What an operator reads of devices in the log, and why one that is offline is not let in. */

describe('a device that comes and goes', () => {
  let connected = false
  const lines: object[] = []
  const note = (more: object, text: string) => void lines.push({ ...more, text })
  const told = () => new DeviceLines({ log: { info: note, warn: note } as never, isConnected: () => connected })
  const turn = (one: DeviceLines, to: boolean) => {
    connected = to
    one.presence('pi')
  }
  beforeEach(() => {
    vi.useFakeTimers()
    lines.length = 0
  })
  afterEach(() => vi.useRealTimers())

  test('has one line a minute, and the last one says what became of it', () => {
    const one = told()
    turn(one, true)
    for (let i = 0; i < 25; i++) {
      turn(one, false)
      turn(one, true)
    }
    turn(one, false)
    expect(lines).toEqual([{ device: 'pi', text: 'device connected' }])
    vi.advanceTimersByTime(59_000)
    expect(lines).toHaveLength(1)
    vi.advanceTimersByTime(1_000)
    expect(lines.slice(1)).toEqual([{ device: 'pi', changes: 51, text: 'device disconnected' }])
    vi.advanceTimersByTime(600_000)
    expect(lines).toHaveLength(2)
    turn(one, true)
    expect(lines.at(-1)).toEqual({ device: 'pi', text: 'device connected' })
  })

  test('is told no more where it is removed, or the server ends', () => {
    for (const end of [(one: DeviceLines) => one.removed('pi'), (one: DeviceLines) => one.close()]) {
      const one = told()
      turn(one, true)
      turn(one, false)
      end(one)
      const before = lines.length
      vi.advanceTimersByTime(600_000)
      expect(lines).toHaveLength(before)
    }
  })

  test('its answer to settings is told once, however often it gives it', () => {
    const one = told()
    const errors = ['yard: there is no such camera']
    for (let i = 0; i < 5; i++) {
      one.answered('pi', { version: 3, ok: false, errors }, 3)
      one.answered('pi', { version: 3, ok: true, errors: [] }, 3)
      one.answered('pi', { version: 2, ok: true, errors: [] }, 3)
    }
    expect(lines).toEqual([
      { device: 'pi', version: 3, errors, text: 'device refuses its settings' },
      { device: 'pi', version: 3, text: 'device follows its settings' },
    ])
  })
})

describe('on a server', () => {
  const start = async () => {
    const server = await RunningServer.start(onTestFinished)
    const { token } = (await server.call('POST', '/api/devices', { name: 'pi' })).body
    const lines = async () => {
      const { items } = (await server.call('GET', '/api/logs?component=devices')).body
      return items.map(({ level, message }: { level: string; message: string }) => `${level} ${message}`).reverse()
    }
    const connect = async (password: string) => {
      const client = await mqtt.connectAsync(
        server.mqttUrl,
        { username: 'pi', password, clientId: 'pi', reconnectPeriod: 0 },
        false,
      )
      onTestFinished(async () => void (await client.endAsync()))
      return client
    }
    return {
      server,
      token,
      lines,
      connect,
      refused: async () => (await server.call('GET', '/api/devices/pi')).body.refused,
    }
  }

  test('the log tells what became of a device, without its credential', async () => {
    const { server, token, lines, connect } = await start()
    const client = await connect(token)
    const { version } = (await server.call('PATCH', '/api/devices/pi/config', { settings: {} })).body
    const applied = JSON.stringify({ version, ok: true, errors: [] })
    for (let i = 0; i < 3; i++) await client.publishAsync('ajar/pi/config/applied', applied, { qos: 1, retain: true })
    await until(async () => (await lines()).includes('info device follows its settings'))
    const renewed = (await server.call('POST', '/api/devices/pi/credential', {})).body.token
    await server.call('DELETE', '/api/devices/pi')
    await until(async () => (await lines()).includes('info device removed'))
    expect((await lines()).filter((line: string) => !line.includes('disconnected'))).toEqual([
      'info device added',
      'info device connected',
      'info device is sent settings',
      'info device follows its settings',
      'info device has another credential',
      'info device removed',
    ])
    const all = JSON.stringify((await server.call('GET', '/api/logs?limit=500')).body)
    for (const secret of [token, renewed]) expect(all).not.toContain(secret)
  })

  test('a device that is not let in says so, and why, until it connects', async () => {
    const { server, token, connect, refused } = await start()
    expect(await refused()).toBeNull()
    await expect(connect('not-its-token')).rejects.toThrow()
    expect(await refused()).toMatchObject({ reason: 'wrong_credential', at: expect.stringMatching(/^20.*Z$/) })
    await server.call('PATCH', '/api/devices/pi', { disabled: true })
    await expect(connect(token)).rejects.toThrow()
    expect(await refused()).toMatchObject({ reason: 'disabled' })
    await server.call('PATCH', '/api/devices/pi', { disabled: false })
    await connect(token)
    await until(async () => (await refused()) === null)
  })
})
