{% extends "frame.cpp" %}
{# The state of all neurons, a block that fits the cache at a time, and then its threshold #}
{% block main %}
    const size_t _vectorisation_idx = -1;
{{scalar_code}}
    {% if release %}
    const int32_t _now = {{release}}.now({{timestep}}[0], t, dt, {{refractory}}, {{lastspike}}, N);
    const int32_t* __restrict _until = {{release}}.until.data();
    {% endif %}
    {% if scan %}
    long _count = 0;
    {% endif %}
    const size_t _N = N;
    for (size_t _block = 0; _block < _N; _block += {{block}})
    {
        const size_t _end = std::min(_block + {{block}}, _N);
        {% if independent %}
#pragma GCC ivdep
        {% endif %}
        for (size_t _idx = _block; _idx < _end; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
{{body}}
        }
        {% if scan %}
        _count = {{scan}}(_block, _end, _count);
        {% endif %}
    }
    {% for variable in scaled %}
    {{variable.name}}.decay({{variable.factor}}, {{variable.array}}, N);
    {% endfor %}
{% endblock %}
