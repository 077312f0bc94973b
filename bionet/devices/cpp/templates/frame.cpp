{# What surrounds the main code of every loop of bionet's, as Brian2's common_group.cpp does #}
#include "objects.h"
#include "brianlib/common_math.h"
#include "brianlib/stdint_compat.h"
#include "declared.h"
{% for name in user_headers | sort %}
#include {{name}}
{% endfor %}
////// SUPPORT CODE ///////
namespace {
{{support_code_lines}}
}
{{hashdefine_lines}}

{% block before %}{% endblock %}
void {{function}}()
{
    using namespace brian;
    %CONSTANTS%
{{pointers_lines}}
{% block main %}{% endblock %}
}
