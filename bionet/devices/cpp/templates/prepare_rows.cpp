{% extends "frame.cpp" %}
{# Before a run: the synapses of a pathway, sorted into rows; what nothing reads later is freed #}
{% block main %}
    {% if from_rows %}
    if ({{own}}.empty() && {{from_rows}}.n_synapses())
        {{rows}}.prepare_from({{from_rows}}, {{delays}}, {{dt}}[0]);
    else
    {% endif %}
        {{rows}}.prepare({{own}}, {{others}}, {{delays}}, {{dt}}[0], {{in_order|int}}, {{dense_from}}, {{frees|int}});
    {% if is_last %}
    std::vector<int32_t>().swap({{own}});
    std::vector<int32_t>().swap({{others}});
    {% endif %}
{% endblock %}
