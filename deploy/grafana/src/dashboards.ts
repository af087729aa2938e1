import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import { door } from './door.ts'
import { fleet } from './fleet.ts'
import { models } from './models.ts'
import { overview } from './overview.ts'

/** The dashboards, by the names of their files. */
export function dashboards(): Record<string, string> {
  const all = { overview, door, fleet, models }
  return Object.fromEntries(
    Object.entries(all).map(([name, make]) => {
      const dashboard = make().tags(['ajar']).refresh('1m').timezone('browser').readonly().build()
      return [`${name}.json`, `${JSON.stringify(numbered(dashboard), null, 2)}\n`]
    }),
  )
}

/** Panels with ids: without them Grafana gives its own, and a link to a panel leads elsewhere after a change. */
function numbered(dashboard: Dashboard): Dashboard {
  const panels = (dashboard.panels ?? []).map((panel: Panel | RowPanel, index) => ({ ...panel, id: index + 1 }))
  return { ...dashboard, panels }
}
