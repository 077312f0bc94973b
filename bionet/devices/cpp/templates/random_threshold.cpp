{% extends "frame.cpp" %}
{# Which neurons fire, by one random number each: these are drawn first, in the neurons' order #}
{% block main %}
    const size_t _vectorisation_idx = -1;
{{scalar_code}}
    const size_t _N = N;
    long _count = 0;
    for (size_t _begin = 0; _begin < _N; _begin += {{chunk}})
    {
        const int _n = std::min(size_t({{chunk}}), _N - _begin);
        double _random[{{chunk}}];
        char _fires[{{chunk}}];
        for (int _q = 0; _q < _n; _q++) _random[_q] = {{random}}(_begin + _q);
        for (int _q = 0; _q < _n; _q++)
        {
            const size_t _idx = _begin + _q;
            const size_t _vectorisation_idx = _idx;
{{condition}}
            _fires[_q] = _cond;
        }
        for (int _q = 0; _q < _n; _q++)
            if (_fires[_q]) {{events}}[_count++] = _begin + _q;
    }
    {{events}}[N] = _count;
{% endblock %}
