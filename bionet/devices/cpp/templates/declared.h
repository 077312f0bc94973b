{# What the loops hold beside Brian2's arrays, for both translation units #}
#pragma once
#include "arithmetic.h"
#include "release.h"
#include "rows.h"
#include "scale.h"
namespace bionet {
{% for line in lines %}
{{line}}
{% endfor %}
}
