import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { devices } from './fleet-devices.ts'
import { server } from './fleet-server.ts'
import { toOthers } from './panels.ts'
import { allDevices, source } from './variables.ts'

/** What keeps frames coming: the devices, and the server. */
export function fleet(): DashboardBuilder {
  const dashboard = new DashboardBuilder('ajar: fleet health')
    .uid('ajar-fleet')
    .description(
      'Whether devices are connected and get rid of their frames, what their sensors read, and how the server is',
    )
    .time({ from: 'now-24h', to: 'now' })
    .withVariable(source())
    .withVariable(allDevices())
    .link(toOthers())
  for (const panel of devices) dashboard.withPanel(panel)
  dashboard.withRow(new RowBuilder('Server'))
  for (const panel of server) dashboard.withPanel(panel)
  return dashboard
}
