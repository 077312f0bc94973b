{% extends "frame.cpp" %}
{# What happens to the neurons that fired #}
{% block main %}
    const size_t _vectorisation_idx = -1;
{{scalar_code}}
    const int32_t _n = {{events}}[N];
    for (int32_t _event = 0; _event < _n; _event++)
    {
        const size_t _idx = {{events}}[_event];
        const size_t _vectorisation_idx = _idx;
{{body}}
    }
{% endblock %}
