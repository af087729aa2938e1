import { readKept, readPending } from '../journeys/kept.ts'

/** `node tell-kept.ts pending|all DATA_FOLDER` prints what is kept there, as JSON: run where the folder is. */

const [what, folder = ''] = process.argv.slice(2)
console.log(JSON.stringify(what === 'pending' ? readPending(folder) : readKept(folder)))
