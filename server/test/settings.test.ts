import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loggingFor, readSettings, SETTINGS, SettingsError } from '../src/index.ts'
import { settingsTable, withSettingsTable } from '../src/settings-table.ts'

function problemsOf(environment: Record<string, string>): string {
  try {
    readSettings(environment)
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError)
    return (error as Error).message
  }
  throw new Error('the settings were taken')
}

describe('settings', () => {
  test('an empty environment is enough, and everything listens on loopback', () => {
    const settings = readSettings({})
    expect(settings).toMatchObject({ httpHost: '127.0.0.1', httpPort: 20002, mqttHost: '127.0.0.1', mqttPort: 1883 })
    expect(settings).toMatchObject({ influxUrl: null, adminToken: null, maxFrameBytes: 2 * 1024 * 1024 })
  })

  test('what is set to nothing is not set', () => {
    const empty = Object.fromEntries(Object.values(SETTINGS).map(({ name }) => [name, '']))
    expect(readSettings(empty)).toEqual(readSettings({}))
  })

  test('all that is wrong is reported together, each with what is expected', () => {
    const message = problemsOf({
      AJAR_HTTP_PORT: '70000',
      AJAR_MAX_FRAME_BYTES: '1e6',
      AJAR_ENGINE: 'abacus',
      AJAR_BACKBONE: 'spine',
      AJAR_MAX_PENDING_AGE: '-1',
      AJAR_DEMO: 'yes',
      AJAR_LOG_LEVEL: 'loud',
    })
    expect(message).toContain('AJAR_HTTP_PORT="70000": a whole number from 0 to 65535 is expected')
    for (const name of ['MAX_FRAME_BYTES', 'ENGINE', 'BACKBONE', 'MAX_PENDING_AGE', 'DEMO', 'LOG_LEVEL'])
      expect(message).toMatch(new RegExp(`AJAR_${name}=.*expected`))
  })

  test('a secret is never shown, not even a wrong one', () => {
    const message = problemsOf({ AJAR_ADMIN_TOKEN: 'hunter2', AJAR_INFLUX_URL: 'ftp://me:hunter3@there/db' })
    expect(message).toMatch(/AJAR_ADMIN_TOKEN=.*16 characters/)
    expect(message).toMatch(/AJAR_INFLUX_URL=.*http:\/\//)
    expect(message).not.toMatch(/hunter/)
  })

  test('links begin with where people reach the console', () => {
    const read = (url: string) => readSettings({ AJAR_PUBLIC_URL: url }).publicUrl
    expect([read(''), read('https://Ajar.example.net/'), read('http://10.0.0.2:20002')]).toEqual([
      ...['', 'https://ajar.example.net', 'http://10.0.0.2:20002'],
    ])
    for (const url of ['ajar.example.net', 'ftp://there', 'https://me:hunter2@there', 'https://there/?a=1'])
      expect(problemsOf({ AJAR_PUBLIC_URL: url })).toMatch(/AJAR_PUBLIC_URL=.*https:\/\/host/)
  })

  test('InfluxDB knows us by a user or by a token', () => {
    const token = { AJAR_INFLUX_TOKEN: 'token-of-influx==' }
    const url = 'http://host:8086/db'
    expect(readSettings({ ...token, AJAR_INFLUX_URL: url })).toMatchObject({ influxToken: 'token-of-influx==' })
    const both = problemsOf({ ...token, AJAR_INFLUX_URL: 'http://ann:hunter2@host:8086/db' })
    expect(both).toMatch(/AJAR_INFLUX_TOKEN, and a user in AJAR_INFLUX_URL: one of the two/)
    expect(both).not.toMatch(/hunter|token-of/)
    const broken = problemsOf({ AJAR_INFLUX_TOKEN: 'hunter2\nx: y', AJAR_INFLUX_URL: url })
    expect(broken).toMatch(/AJAR_INFLUX_TOKEN=.*without spaces/)
    expect(broken).not.toMatch(/hunter/)
    const settings = readSettings({ ...token, AJAR_INFLUX_URL: url })
    expect(loggingFor(settings, () => {}).clean('refused Token token-of-influx==')).not.toContain('token-of')
  })

  test.each(['http://host:8086', 'http://host:8086/a/b', 'not a url', 'http://u:%zz@host/db', 'http://host/%zz'])(
    'InfluxDB at %s is refused',
    (url) => expect(problemsOf({ AJAR_INFLUX_URL: url })).toContain('AJAR_INFLUX_URL'),
  )

  test('`infinite` never skips a frame', () => {
    expect(readSettings({ AJAR_MAX_PENDING_AGE: 'infinite' }).maxPendingAgeMs).toBe(Number.POSITIVE_INFINITY)
    expect(readSettings({ AJAR_MAX_PENDING_AGE: '2' }).maxPendingAgeMs).toBe(2000)
  })

  test('amounts are written as people do', () => {
    const bytes = ['auto', '1MB', '500MB', '1.5 gb', '10GB', '2000000'].map(
      (amount) => readSettings({ AJAR_RETAIN_BYTES: amount }).retainBytes,
    )
    expect(bytes).toEqual([null, 1e6, 500e6, 1.5e9, 10e9, 2e6])
    for (const wrong of ['10', '5 apples', '-1GB', '0.5MB', 'MB'])
      expect(problemsOf({ AJAR_RETAIN_BYTES: wrong })).toMatch(/AJAR_RETAIN_BYTES=.*such as 500MB/)
  })

  test("README's table says what the settings are: `npm run docs` writes it again", () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    expect(readme).toBe(withSettingsTable(readme))
    for (const { name } of Object.values(SETTINGS)) expect(settingsTable()).toContain(`\`${name}\``)
  })

  test('a README without the marks is refused', () => {
    expect(() => withSettingsTable('# nothing here')).toThrow('<!-- settings -->')
  })
})
