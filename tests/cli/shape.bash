# Whether a verb's JSON has the shape that schemas/output promises. The judge is wfctl's own schema
# engine: a workflow whose input is one document of that shape.

# shape NAME: $output must be a document of schemas/output/NAME.schema.json
shape() {
	local definition="$BATS_TEST_TMPDIR/shape.json" document="$BATS_TEST_TMPDIR/document.json"
	{
		printf '{"workflow": {"id": "shape", "input": {"type": "object", "required": ["document"],'
		printf ' "properties": {"document": {"$ref": "https://wfctl.invalid/schemas/output/%s.schema.json"}},' "$1"
		printf ' "$defs": {"its": '
		cat "$ROOT/schemas/output/$1.schema.json"
		if [ "$1" != instance ]; then
			printf ', "instance": '
			cat "$ROOT/schemas/output/instance.schema.json"
		fi
		if [ "$1" = validate ]; then
			printf ', "lint": '
			cat "$ROOT/schemas/output/lint.schema.json"
		fi
		printf '}}, "steps": [{"id": "none", "action": "data.set", "with": {}}]}}\n'
	} >"$definition"
	printf '{"document": %s}\n' "$output" >"$document"
	local verdict
	verdict=$(wfctl run "$definition" --dry-run --quiet --input "@$document" 2>&1) ||
		fail "not of the shape $1: $verdict"
}
