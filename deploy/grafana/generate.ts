import { writeFileSync } from 'node:fs'
import { dashboards } from './src/dashboards.ts'

/** Writes the dashboards that Grafana reads: `npm run dashboards`. */
for (const [name, json] of Object.entries(dashboards()))
  writeFileSync(new URL(`./dashboards/${name}`, import.meta.url), json)
