export type Lang = 'ts' | 'py' | 'sh'

/** In what is written: tests that read imports take what begins a line for one of this file. */
const IMPORT = 'import'

const PICTURE = 'the picture to look at'
const THRESHOLD = 'TODO: what the number says, and in which unit'

/** What begins a task of that name: one picture and one number in, JSON out. */
export function templates(name: string, lang: Lang): { ending: string; text: string }[] {
  if (lang === 'ts') return [{ ending: '.ts', text: typescript(name) }]
  if (lang === 'py') return [{ ending: '.py', text: python(name) }]
  return [
    { ending: '.sh', text: shell(name) },
    { ending: '.task.json', text: manifest() },
  ]
}

function typescript(name: string) {
  return `${IMPORT} type { Image } from '@ajar/images'

/** What it is told, as the schema says. */
interface Params {
  _imageURL: string
  threshold?: number
}

export const schema = {
  type: 'object',
  properties: {
    _imageURL: { type: 'string', format: 'picture', description: '${PICTURE}' },
    threshold: { type: 'number', default: 200, description: '${THRESHOLD}' },
  },
  required: ['_imageURL'],
  additionalProperties: false,
}

/** TODO: what ${name} finds out, in a sentence; then what it does with blank samples (NaN) and with colours. */
export default async function task(
  { _imageURL, threshold = 200 }: Params,
  work: { image(url: string): Promise<Image> },
) {
  const { samples, width, height } = await work.image(_imageURL)
  // What it does comes here; until then it counts.
  let above = 0
  for (const sample of samples) if (sample >= threshold) above += 1
  return { width, height, above }
}
`
}

function python(name: string) {
  return `"""TODO: what ${name} finds out, in a sentence."""

${IMPORT} os

schema = {
    "type": "object",
    "properties": {
        "_imageURL": {"type": "string", "format": "picture", "description": "${PICTURE}"},
        "threshold": {"type": "number", "default": 200, "description": "${THRESHOLD}"},
    },
    "required": ["_imageURL"],
    "additionalProperties": False,
}


def task(params):
    path = params["_imageURL"]
    threshold = params.get("threshold", 200)
    # What it does comes here: astropy.io.fits opens FITS, PIL.Image opens JPEG and PNG, where they are installed.
    return {"bytes": os.path.getsize(path), "threshold": threshold}
`
}

function shell(name: string) {
  return `#!/bin/sh
# TODO: what ${name} finds out, in a sentence.

# Called with: -n TASK [-i params.json] -d WORKDIR -o OUTDIR
while getopts n:i:d:o:s: option; do
  case $option in
    n) name=$OPTARG ;;
    i) params=$OPTARG ;;
    o) out=$OPTARG ;;
    *) ;;
  esac
done

# The last lines that it prints say how it ended; all before them is log.
finish() {
  printf '___TASK STATUS___\\n{"%s":"%s"}\\n' "$1" "$2"
  exit "$3"
}

# A parameter of params.json that is a text, or a number; where jq is installed: jq -r .threshold "$params"
param() {
  sed -n "s/.*\\"$1\\" *: *\\"\\{0,1\\}\\([^\\",}]*\\).*/\\1/p" "\${params:-/dev/null}"
}

path=$(param _imageURL)
threshold=$(param threshold)
[ -f "$path" ] || finish error "_imageURL is missing: the path of a picture." 1

# What it does comes here.
printf '{"bytes":%s,"threshold":%s}\\n' "$(wc -c <"$path")" "\${threshold:-200}" >"$out/$name.json"
finish outfile "$out/$name.json" 0
`
}

function manifest() {
  const params = {
    type: 'object',
    properties: {
      _imageURL: { type: 'string', format: 'picture', description: PICTURE },
      threshold: { type: 'number', default: 200, description: THRESHOLD },
    },
    required: ['_imageURL'],
    additionalProperties: false,
  }
  return `${JSON.stringify({ params, limits: { seconds: 60 } }, null, 2)}\n`
}
