import { InfluxDB } from 'influx'
import { InfluxdProcess } from '../../test/setup/influxd.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

/** Debian's real InfluxDB on free ports, gone when the test is over; it can be killed and started again. */
export class Influxd extends InfluxdProcess {
  /** @param options.folder where its data lies; a temporary one otherwise */
  static async start(undo: Undo, { authentication = false, folder = '' } = {}): Promise<Influxd> {
    const place = folder || (await temporaryFolder(undo))
    const influxd = new Influxd(...(await InfluxdProcess.configure(place, authentication)))
    await influxd.start()
    undo(() => influxd.kill())
    return influxd
  }

  client(database: string, user: { username?: string; password?: string } = {}): InfluxDB {
    return new InfluxDB({ host: '127.0.0.1', port: this.port, database, ...user })
  }
}
