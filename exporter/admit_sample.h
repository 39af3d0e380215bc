// AdmitSample: the last step of a first sight, from what the rules made of a sample to its series,
// or to why it gets none. Ingest takes it for every new series, Explain for the one it is asked of.
//
// Thread safety: as the table's.
// Tested by tests/unit/exporter/admit_sample_test.cc.
#pragma once

#include <cstdint>

#include "common/sample.h"
#include "exporter/refusal.h"
#include "exporter/series_table.h"
#include "mapping/mapper.h"

namespace weir {

// Finds or makes the series of a sample that no rule drops. kNone and *handle, or why not. A
// counter that would go down is refused before it makes a series.
Refusal AdmitSample(const Resolution& resolution, const Sample& sample, const Arrival& arrival,
                    SeriesTable* table, SeriesHandle* handle);

// The plan of the resolution's rule.
uint16_t PlanOf(const Resolution& resolution, SeriesTable* table);

// Brings the plans of rules that are in use up to what `mapper` says; series of rules that it does
// not have keep theirs. REQUIRES: nobody keeps what PlanOf has said.
void UpdatePlans(const Mapper& mapper, SeriesTable* table);

}  // namespace weir
