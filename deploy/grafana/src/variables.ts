import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { SOURCE } from './influx.ts'

/** The data source that `provisioning/datasources` makes; in another Grafana the first one of InfluxDB is taken. */
export const source = () =>
  new DatasourceVariableBuilder('datasource')
    .label('InfluxDB')
    .type('influxdb')
    .current({ text: 'ajar', value: 'ajar-influx' })

/** Where links to pictures lead. Not secret: whoever follows one has to sign in there. */
export const consoleAddress = () =>
  new TextBoxVariableBuilder('console')
    .label('Console')
    .description("where ajar's console is reached from this browser")
    .defaultValue('http://127.0.0.1:20002')
    .current({ text: 'http://127.0.0.1:20002', value: 'http://127.0.0.1:20002' })

const valuesOf = (name: string, label: string, influxql: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(SOURCE)
    .query(influxql)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalCaseInsensitiveAsc)

const many = (variable: QueryVariableBuilder) =>
  variable.multi(true).includeAll(true).allValue('.*').current({ text: 'All', value: '$__all' })

/** One device, of those that have sent frames. */
export const oneDevice = () => valuesOf('device', 'Device', 'SHOW TAG VALUES FROM "result" WITH KEY = "device"')
export const oneCamera = () =>
  valuesOf('camera', 'Camera', `SHOW TAG VALUES FROM "result" WITH KEY = "camera" WHERE "device" = '$device'`)

export const devicesWithFrames = () => many(oneDevice())
export const camerasOfThem = () =>
  many(
    valuesOf('camera', 'Camera', 'SHOW TAG VALUES FROM "result" WITH KEY = "camera" WHERE "device" =~ /^($device)$/'),
  )
/** Also those that have no camera. */
export const allDevices = () => many(valuesOf('device', 'Device', 'SHOW TAG VALUES FROM "device" WITH KEY = "device"'))

/** Conditions on the tags of what `oneDevice` and `oneCamera` chose. */
export const DOOR = `"device" = '$device' AND "camera" = '$camera'`
export const DEVICES = '"device" =~ /^($device)$/'
export const CAMERAS = `${DEVICES} AND "camera" =~ /^($camera)$/`
