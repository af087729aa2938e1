/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: Grafana's variables are written like this */

export interface Link {
  title: string
  url: string
  /** In a window of its own: it leads out of Grafana. */
  elsewhere?: boolean
}

/** The dashboard of the door that the row of a table is of. */
export const TO_DOOR: Link = {
  title: 'This door',
  url:
    '/d/ajar-door?var-datasource=${datasource}&var-device=${__data.fields.device}&var-camera=${__data.fields.camera}' +
    '&${__url_time_range}',
}

const ROW = '${__data.fields.device}/${__data.fields.camera}'

/** The page of the camera that the row of a table is of. */
export const CAMERA_OF_ROW: Link = { title: 'In the console', url: `\${console}/camera/${ROW}`, elsewhere: true }

const picture = (camera: string): Link => ({
  title: 'The picture in the console',
  url: `\${console}/camera/${camera}?frame=${camera}/\${__value.raw}`,
  elsewhere: true,
})

/** The frame that a time in a table is of, of the camera that the dashboard shows, or that of the row. */
export const PICTURE = picture('${device}/${camera}')
export const PICTURE_OF_ROW = picture(ROW)
