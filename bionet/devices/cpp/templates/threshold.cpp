{% extends "frame.cpp" %}
{# Which neurons fire: chunks without any are passed over in vectors #}
{% block before %}
// Appends the neurons in [_begin, _end) that fire to the list of `_count`; returns its new length.
// Not inlined: within the loop of the state there would be two restricted pointers to one array.
__attribute__((noinline)) static long {{scan}}(size_t _begin, const size_t _end, long _count)
{
    using namespace brian;
    %CONSTANTS%
{{pointers_lines}}
    const size_t _vectorisation_idx = -1;
{{scalar_code}}
    {% if release %}
    const int32_t _now = {{release}}.now_again({{timestep}}[0]);
    int32_t* __restrict _until = {{release}}.until.data();
    {% endif %}
    while (_begin < _end)
    {
        const size_t _stop = std::min(_begin + {{chunk}}, _end);
        if (_stop - _begin == {{chunk}})
        {
            {{flag_type}} _any = 0;
            for (size_t _q = 0; _q < {{chunk}}; _q++)
            {
                const size_t _idx = _begin + _q;
                const size_t _vectorisation_idx = _idx;
{{condition}}
                _any |= _cond ? 1 : 0;
            }
            if (!_any)
            {
                _begin = _stop;
                continue;
            }
        }
        for (; _begin < _stop; _begin++)
        {
            const size_t _idx = _begin;
            const size_t _vectorisation_idx = _idx;
{{condition}}
            if (_cond)
            {
                {{events}}[_count++] = _idx;
                {% if not_refractory %}
                {{not_refractory}}[_idx] = false;
                {% endif %}
                {% if lastspike %}
                {{lastspike}}[_idx] = {{t}}[0];
                {% endif %}
                {% if release %}
                _until[_idx] = _now + {{release}}.steps;
                {% endif %}
            }
        }
    }
    {{events}}[N] = _count;
    return _count;
}
{% endblock %}
{% block main %}
    {{scan}}(0, N, 0);
{% endblock %}
