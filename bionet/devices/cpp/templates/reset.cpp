{% extends "frame.cpp" %}
{# What happens to the neurons that fired; where all did, without their list #}
{% block main %}
    const size_t _vectorisation_idx = -1;
{{scalar_code}}
    const int32_t _n = {{events}}[N];
    if (_n == N)
    {
        {% if independent %}
#pragma GCC ivdep
        {% endif %}
        for (int64_t _idx = 0; _idx < int64_t(N); _idx++)
        {
            const size_t _vectorisation_idx = _idx;
{{body}}
        }
        return;
    }
    for (int32_t _event = 0; _event < _n; _event++)
    {
        const size_t _idx = {{events}}[_event];
        const size_t _vectorisation_idx = _idx;
{{body}}
    }
{% endblock %}
