// Objects as JavaScript writes them, and JSON, which is a part of it: the text of a configuration
// file, read without running it.
//
// Understood: unquoted keys; single, double and back quotes; comments (//, /* */ and lines of #);
// commas at the end; hexadecimal numbers and products of numbers (10 * 1000); what may stand around
// the object: `module.exports =`, `exports.name =`, `var name =` (let, const), `export default`,
// 'use strict', parentheses and semicolons. Other expressions are errors that say so.
//
// The tree is that of YAML (common/yaml.h), so that one set of readers takes both apart: texts are
// scalars that are not plain, numbers and booleans plain ones, null and undefined are null. Numbers
// are decimal in the tree, however they were written.
//
// Thread safety: pure functions. Tested by tests/unit/common/topology/object_literal_test.cc.
#pragma once

#include <string_view>

#include "common/diagnostics.h"
#include "common/yaml.h"

namespace weir {

// Whether the text, after comments, begins like one of these.
bool BeginsAsObject(std::string_view text);

// Never null: after an error what could be read, for the errors that are still to be found in it.
YamlNodePtr ParseObjectLiteral(std::string_view text, Diagnostics* diagnostics);

}  // namespace weir
