/**
 * What a server goes by that only shows whether it starts, on a copy of the data (AJAR_REHEARSAL): on loopback, with no way to
 * anybody else, and with no file outside its data folder.
 */
export function settingsOfRehearsal<Settings extends { mqttPort: number | null }>(settings: Settings): Settings {
  return {
    ...settings,
    ...{ httpHost: '127.0.0.1', mqttHost: '127.0.0.1' },
    // The real server has its own; nobody calls here but over HTTP.
    ...{ mqttPort: settings.mqttPort === null ? null : 0, mqttsPort: 0 },
    ...{ influxUrl: null, influxToken: null, logFile: null, deployDir: null, backupAt: null },
  }
}
