/** The forms that a file may have on the disk, and what each is served as. */
export const FORMS = {
  fits: { type: 'application/fits', ending: '.fits' },
  large: { type: 'image/jpeg', ending: '-large.jpg' },
  small: { type: 'image/jpeg', ending: '-small.jpg' },
  tif: { type: 'image/tiff', ending: '.tif' },
  csv: { type: 'text/csv; charset=utf-8', ending: '.csv' },
  json: { type: 'application/json', ending: '.json' },
  video: { type: 'video/mp4', ending: '.mp4' },
  original: { type: 'application/octet-stream', ending: '' },
} as const

export type Form = keyof typeof FORMS
