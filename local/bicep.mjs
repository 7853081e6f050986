// Prints the syntax trees of Bicep files as JSON, for the test of infra/:
// node bicep.mjs FILE… → [{"file", "wrong": ["line 3: …"], "root": {"type", "text", "children"}}]
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Language, Parser } from 'web-tree-sitter'

await Parser.init()
const grammar = new URL('node_modules/tree-sitter-bicep/tree-sitter-bicep.wasm', import.meta.url)
const parser = new Parser()
parser.setLanguage(await Language.load(fileURLToPath(grammar)))

// The grammar does not know that a parameter file gives its parameters values; a
// variable is written in the same way.
function source(file) {
  const text = readFileSync(file, 'utf8')
  return file.endsWith('.bicepparam') ? text.replaceAll(/^param /gm, 'var ') : text
}

function wrong(node) {
  const here = node.isError || node.isMissing ? [`line ${node.startPosition.row + 1}: ${node.isMissing ? `${node.type} is missing` : 'cannot be read'}`] : []
  return here.concat(node.children.flatMap(wrong))
}

function tree(node) {
  const children = node.namedChildren.filter((child) => child.type !== 'comment').map(tree)
  return { type: node.type, text: node.text, children }
}

const parsed = process.argv.slice(2).map((file) => {
  const root = parser.parse(source(file)).rootNode
  return { file, wrong: wrong(root), root: tree(root) }
})
process.stdout.write(JSON.stringify(parsed))
